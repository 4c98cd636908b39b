// SPDX-License-Identifier: Apache-2.0
// Where the files of the project lie that tests read.
#pragma once

#include <string>
#include <string_view>

namespace reloadtrace::testing {

// Absolute; "tools/demo/recording".
std::string in_project(std::string_view path);

}  // namespace reloadtrace::testing
