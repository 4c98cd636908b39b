// SPDX-License-Identifier: Apache-2.0
// A comparison for scripts.
#pragma once

#include <string>

#include "userspace/compare/comparison.h"

namespace reloadtrace {

// One JSON object and '\n'. Readers that are not current are listed, the others counted.
std::string to_json(const Comparison& comparison);

}  // namespace reloadtrace
