// SPDX-License-Identifier: Apache-2.0
// Whether a program of the tier `fentry` may be preempted in the kernel by a task that runs the
// same one, which then does not run (kernel: __bpf_prog_enter_recur). Programs of tracepoints are
// not.
#pragma once

#include <string_view>

namespace reloadtrace {

// By /sys/kernel/debug/sched/preempt (read where it is not mounted, too), else preempt= of the
// command line, else `uname -v`. True where that cannot be told.
bool kernel_may_preempt_itself();

// The same, by what they say; empty = unreadable.
bool may_preempt_itself(std::string_view modes,
                        std::string_view command_line,
                        std::string_view version);

}  // namespace reloadtrace
