// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/shedding.h"

#include <cstdint>

namespace reloadtrace {
namespace {

constexpr std::uint64_t kSmallestShare = 20;  // a 20th of all

}  // namespace

std::optional<HookId> next_to_shed(const HookSet& there, const std::vector<ProgramCost>& window) {
  for (const HookId id : kShedOrder) {
    const Hook& hook = kHooks[place_of(id)];
    std::uint64_t own = 0;
    std::uint64_t all = 0;
    for (const ProgramCost& cost : window) {
      all += cost.run_ns;
      // Looks at paths are counted by the dispatcher; their own program only hands them over.
      own += hook.in_syscalls() ? (is_dispatcher(cost.program) ? cost.run_ns : 0)
                                : (hook.owns(cost.program) ? cost.run_ns : 0);
    }
    if (there[place_of(id)] && own * kSmallestShare >= all) {
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace reloadtrace
