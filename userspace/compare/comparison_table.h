// SPDX-License-Identifier: Apache-2.0
// A comparison for people.
#pragma once

#include <string>
#include <string_view>

#include "userspace/compare/comparison.h"
#include "userspace/sink/table_layout.h"

namespace reloadtrace {

// A block for each volume, those that differ first, and the sum at the end. Of many readers that
// are not current only the first are named.
std::string to_table(const Comparison& comparison,
                     std::string_view version,
                     const TableOptions& options);

}  // namespace reloadtrace
