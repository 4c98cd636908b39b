// SPDX-License-Identifier: Apache-2.0
// A file system of one's own: in no mount table, seen by nobody else, gone with its descriptor.
#pragma once

#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// Its root, of a file system that needs no device ("tmpfs", "debugfs"). Empty without
// CAP_SYS_ADMIN, before Linux 5.2, or when the kernel does not have or give it (a lockdown).
UniqueFd detached_mount(const char* type);

}  // namespace reloadtrace
