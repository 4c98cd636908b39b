// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/hook_plan.h"

#include <algorithm>

#include "bpf/filter.h"

namespace reloadtrace {
namespace {

HookSet hooks_in_syscalls() {
  HookSet hooks;
  for (const Hook& hook : kHooks) {
    hooks[place_of(hook.id)] = hook.in_dispatcher;
  }
  return hooks;
}

bool has_two_forms(std::string_view program) {
  return kDispatcher.is(program) || is_fentry_handler(program);
}

}  // namespace

HookPlan::HookPlan(const std::vector<std::string>& without, const std::vector<std::string>& muted) {
  for (const Hook& hook : kHooks) {
    wanted_[place_of(hook.id)] = std::ranges::find(without, hook.name) == without.end();
    muted_[place_of(hook.id)] = std::ranges::find(muted, hook.name) != muted.end();
  }
}

bool HookPlan::mutes(std::string_view program) const {
  return std::ranges::any_of(
      kHooks, [&](const Hook& hook) { return hook.owns(program) && muted_[place_of(hook.id)]; });
}

std::uint8_t HookPlan::seen_by(HookId id) const {
  if (!fires(id)) {
    return 0;
  }
  return fentry_[place_of(id)] ? RELOADTRACE_TIER_FENTRY : RELOADTRACE_TIER_TRACEPOINT;
}

bool HookPlan::needs(const TwoForms& program) const {
  const HookSet own = program.is(kDispatcher.direct) ? ~fentry_ : fentry_;
  return (wanted_ & hooks_in_syscalls() & own).any();
}

bool HookPlan::has_program(std::string_view program) const {
  for (const TwoForms& one : {kDispatcher, kFentryHandlers[0], kFentryHandlers[1]}) {
    if (one.is(program)) {
      return needs(one) && program == form_of(one);
    }
  }
  if (is_of_unfinished_reads(program)) {
    return (fentry() & hooks_of_queues()).any();
  }
  return std::ranges::any_of(kHooks,
                             [&](const Hook& hook) { return hook.owns(program) && has(hook.id); });
}

void HookPlan::prefer_fentry(const HookSet& hooks, bool or_missing) {
  fentry_ = hooks & hooks_in_syscalls();
  fentry_or_missing_ = or_missing;
  if (or_missing) {
    wanted_ &= fentry_ | ~hooks_in_syscalls();
  }
}

bool HookPlan::give_up_fentry(const HookSet& hooks) {
  const HookSet lost = fentry() & hooks;
  fentry_ &= ~lost;
  if (fentry_or_missing_) {
    wanted_ &= ~lost;
  }
  return lost.any();
}

const Hook* HookPlan::missing_required() const {
  const auto found = std::ranges::find_if(
      kHooks, [&](const Hook& hook) { return hook.required && !has(hook.id); });
  return found == kHooks.end() ? nullptr : &*found;
}

bool HookPlan::give_way(std::string_view program) {
  // Direct loads first; they need bpf_rdonly_cast (6.2).
  if (has_two_forms(program) && !probing_) {
    probing_ = true;
    return true;
  }
  if (is_fentry_handler(program)) {
    return give_up_fentry(hooks_in_syscalls());
  }
  if (is_of_unfinished_reads(program)) {
    return give_up_fentry(hooks_of_queues());
  }
  for (const Hook& hook : kHooks) {
    const bool family = hook.in_dispatcher && !hook.required && program == form_of(kDispatcher);
    if ((hook.owns(program) || family) && has(hook.id)) {
      drop(hook.id);
      return true;
    }
  }
  return false;
}

bool HookPlan::judge(const HookSet& tried, const HookSet& seen) {
  const HookSet silent = wanted_ & tried & ~seen;
  if (!fentry_or_missing_ && (silent & fentry()).any()) {
    return give_up_fentry(~seen);  // what was not tried may be as silent
  }
  proven_ = wanted_ & tried & seen;
  silent_ = silent;
  wanted_ &= ~silent_;
  return false;
}

HookProof HookPlan::proof_of(HookId id) const {
  if (silent_[place_of(id)]) {
    return HookProof::Silent;
  }
  return proven_[place_of(id)] ? HookProof::Delivers : HookProof::NotTried;
}

std::vector<HookStatus> HookPlan::states() const {
  std::vector<HookStatus> states;
  states.reserve(kHooks.size());
  for (const Hook& hook : kHooks) {
    const HookState tier = fentry_[place_of(hook.id)] ? HookState::Fentry : HookState::Tracepoint;
    states.push_back(
        {std::string(hook.name), there()[place_of(hook.id)] ? tier : HookState::Missing});
  }
  return states;
}

}  // namespace reloadtrace
