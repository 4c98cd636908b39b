// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/shedding.h"

#include <algorithm>
#include <cstdint>

#include "userspace/source/fentry_table.h"

namespace reloadtrace {
namespace {

constexpr std::uint64_t kSmallestShare = 20;  // a 20th of all

// Whether what this program costs may shrink when the hook is given up.
bool takes_part(const Hook& hook, std::string_view program, const HookSet& there) {
  if (!hook.in_dispatcher) {
    return hook.owns(program);
  }
  // Families cannot be told apart in the dispatcher. A stub goes when nobody else needs it. What
  // hands looks at paths over costs next to nothing.
  const auto of_stub = std::ranges::find_if(kFentryTargets, [&](const FentryTarget& target) {
    return is_stub_of(program, target.syscall);
  });
  return kDispatcher.is(program) ||
         (of_stub != kFentryTargets.end() &&
          (HookSet(of_stub->hooks) & there) == HookSet().set(place_of(hook.id)));
}

}  // namespace

std::optional<HookId> next_to_shed(const HookSet& there, const std::vector<ProgramCost>& window) {
  for (const HookId id : kShedOrder) {
    const Hook& hook = kHooks[place_of(id)];
    std::uint64_t own = 0;
    std::uint64_t all = 0;
    for (const ProgramCost& cost : window) {
      all += cost.run_ns;
      own += takes_part(hook, cost.program, there) ? cost.run_ns : 0;
    }
    if (there[place_of(id)] && own * kSmallestShare >= all) {
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace reloadtrace
