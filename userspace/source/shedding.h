// SPDX-License-Identifier: Apache-2.0
// What is given up when the programs cost more than they may: the cheapest to lose first.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "userspace/source/hook_table.h"
#include "userspace/source/program_cost.h"

namespace reloadtrace {

// Never shed: what no verdict can do without (required hooks), and what costs next to nothing
// where nobody does it: watches, publishes, processes, signals.
inline constexpr std::array kShedOrder = {
    HookId::Poll,           // looks at paths: pollers have no cause and no trigger any more
    HookId::Http,           // reload requests: likewise who is told by them
    HookId::IoUringFailed,  // failed opens by io_uring
    HookId::IoUring,        // who has an io_uring is unknown from then on
    HookId::Mmap,           // no reader is called stale any more
};

// The next to go of those in `there`, by the costs of the window in which they were too high. One
// whose own program hardly took part in them is kept: to lose it would help nobody.
std::optional<HookId> next_to_shed(const HookSet& there, const std::vector<ProgramCost>& window);

}  // namespace reloadtrace
