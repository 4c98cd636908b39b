// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "userspace/base/result.h"

namespace reloadtrace {

// Each program, map and link of ours takes a descriptor. Raises the soft limit as far as it may be;
// an error that names the limit when that is too little.
Result<> make_room_for_descriptors();

}  // namespace reloadtrace
