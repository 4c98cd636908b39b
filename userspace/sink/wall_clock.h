// SPDX-License-Identifier: Apache-2.0
// The only place where the monotonic clock becomes a date. All of it is UTC.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/base/timestamp.h"

namespace reloadtrace {

// What every line says besides its own content. A StartReport replaces it; a sink that joins later
// (or replays a recording without its start) is constructed with it.
struct Session {
  std::string node;
  std::int64_t wall_offset_ns = 0;  // add to a Timestamp to get CLOCK_REALTIME
};

// "2026-11-22T12:00:00.012345678Z": always nine digits, so that lines sort as text.
std::string rfc3339(Timestamp at, std::int64_t wall_offset_ns);

// Nanoseconds since 1970-01-01T00:00:00Z.
std::uint64_t unix_nanoseconds(Timestamp at, std::int64_t wall_offset_ns);

// "12:00:00.012", cut, not rounded.
std::string time_of_day(Timestamp at, std::int64_t wall_offset_ns);

// "2026-11-22"
std::string date_of(Timestamp at, std::int64_t wall_offset_ns);

}  // namespace reloadtrace
