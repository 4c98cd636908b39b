// SPDX-License-Identifier: Apache-2.0
// Lets go of descriptors whose end takes the kernel long, without waiting for it.
#pragma once

#include <vector>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// Closes them; a process of its own, which has nothing else open and executes nothing, is the last
// to do so, and ends when the kernel is done. Where there is no process to be had, the caller
// waits.
void release_in_background(std::vector<UniqueFd> descriptors);

}  // namespace reloadtrace
