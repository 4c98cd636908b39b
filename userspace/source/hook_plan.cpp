// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/hook_plan.h"

#include <algorithm>

namespace reloadtrace {

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

bool HookPlan::has_program(std::string_view program) const {
  return program == dispatcher() || std::ranges::any_of(kHooks, [&](const Hook& hook) {
           return hook.owns(program) && has(hook.id);
         });
}

const Hook* HookPlan::missing_required() const {
  const auto found = std::ranges::find_if(
      kHooks, [&](const Hook& hook) { return hook.required && !has(hook.id); });
  return found == kHooks.end() ? nullptr : &*found;
}

bool HookPlan::give_way(std::string_view program) {
  // Direct loads first; they need bpf_rdonly_cast (6.2).
  if (program == kDispatcher && !probing_) {
    probing_ = true;
    return true;
  }
  for (const Hook& hook : kHooks) {
    const bool family = hook.in_dispatcher && !hook.required && program == dispatcher();
    if ((hook.owns(program) || family) && has(hook.id)) {
      drop(hook.id);
      return true;
    }
  }
  return false;
}

void HookPlan::judge(const HookSet& tried, const HookSet& seen) {
  proven_ = wanted_ & tried & seen;
  silent_ = wanted_ & tried & ~seen;
  wanted_ &= ~silent_;
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
    states.push_back({std::string(hook.name),
                      there()[place_of(hook.id)] ? HookState::Tracepoint : HookState::Missing});
  }
  return states;
}

}  // namespace reloadtrace
