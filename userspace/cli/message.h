// SPDX-License-Identifier: Apache-2.0
// Sentences for people, on standard error.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace reloadtrace {

inline void say_to_user(std::string_view sentence) {
  fmt::print(stderr, "reloadtrace: {}\n", sentence);
}

}  // namespace reloadtrace
