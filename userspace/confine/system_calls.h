// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "userspace/base/result.h"

namespace reloadtrace {

// From now on, and for all threads, the kernel knows no other system calls than those that tracing
// takes: they fail with ENOSYS, as on a kernel that lacks them. Those that no mistake of ours makes
// (execve, ptrace, mount and their like) end the process. Implies no_new_privs.
Result<> filter_system_calls();

}  // namespace reloadtrace
