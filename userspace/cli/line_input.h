// SPDX-License-Identifier: Apache-2.0
// JSON lines that were named on the command line, and what is said of those that were no good.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include "userspace/lines/line_reader.h"

namespace reloadtrace {

// Gives `take` each line of a wanted kind. A file that cannot be opened is a flaw.
void read_lines(const std::string& path,
                std::initializer_list<LineKind> wanted,
                Flaws& flaws,
                const std::function<void(const Line&)>& take);

// On stderr. True when there were any.
bool say_flaws(const Flaws& flaws);

}  // namespace reloadtrace
