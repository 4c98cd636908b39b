// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "userspace/confine/confine.h"

namespace reloadtrace {

// Of those that this thread has, the ones that such a session goes on using.
std::vector<KeptCapability> capabilities_needed(const Needs& needs);

// Gives up all others: effective, permitted, inheritable, ambient, and the bounding set where
// CAP_SETPCAP allows it (nothing is executed any more, so nothing can be had from it either way).
Result<> keep_only(const std::vector<KeptCapability>& kept);

}  // namespace reloadtrace
