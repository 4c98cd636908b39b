// SPDX-License-Identifier: Apache-2.0
// The times of lines as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace reloadtrace {

// Nanoseconds since 1970-01-01T00:00:00Z of "2026-11-22T12:00:00.012345678Z", exactly in this form;
// nothing for any other, and for a date that does not exist.
std::optional<std::int64_t> unix_nanoseconds_of(std::string_view time);

}  // namespace reloadtrace
