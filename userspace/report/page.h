// SPDX-License-Identifier: Apache-2.0
// A history as one HTML page that needs nothing else: no network, no other file.
#pragma once

#include <string>
#include <string_view>

#include "userspace/report/history.h"

namespace reloadtrace {

// `source` is what the page says it was made from. Whatever is in the names, they are text to a
// browser: the page has no markup but its own, and its policy lets no other script run.
std::string html_page(const History& history, std::string_view source, std::string_view version);

}  // namespace reloadtrace
