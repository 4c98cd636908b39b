// SPDX-License-Identifier: Apache-2.0
// What the page's script reads.
#pragma once

#include <string>
#include <string_view>

#include "userspace/report/history.h"

namespace reloadtrace {

// JSON without a single '<', so that it can stand in a script element. Texts are numbers of entries
// in `strings`, 0 is none and left out; times are milliseconds since 1970.
std::string page_data(const History& history, std::string_view source, std::string_view version);

}  // namespace reloadtrace
