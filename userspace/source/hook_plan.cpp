// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/hook_plan.h"

#include <algorithm>

namespace reloadtrace {

HookPlan::HookPlan(const std::vector<std::string>& without) {
  for (const Hook& hook : kHooks) {
    wanted_[static_cast<std::size_t>(hook.id)] =
        std::ranges::find(without, hook.name) == without.end();
  }
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

std::vector<HookStatus> HookPlan::states() const {
  std::vector<HookStatus> states;
  for (const Hook& hook : kHooks) {
    states.push_back(
        {std::string(hook.name), has(hook.id) ? HookState::Tracepoint : HookState::Missing});
  }
  return states;
}

}  // namespace reloadtrace
