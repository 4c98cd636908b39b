// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace reloadtrace::testing {

// Why this JSON line does not obey the schema; empty when it does.
std::string complaint_about(const std::string& line);

}  // namespace reloadtrace::testing
