// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/wall_clock.h"

#include <fmt/format.h>

#include <chrono>

namespace reloadtrace {
namespace {

struct WallTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::nanoseconds> time;
};

WallTime wall_time(Timestamp at, std::int64_t wall_offset_ns) {
  const std::chrono::nanoseconds since_epoch(
      static_cast<std::int64_t>(unix_nanoseconds(at, wall_offset_ns)));
  const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
  return {std::chrono::year_month_day(std::chrono::sys_days(days)),
          std::chrono::hh_mm_ss(since_epoch - days)};
}

std::string format_date(const std::chrono::year_month_day& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

std::uint64_t unix_nanoseconds(Timestamp at, std::int64_t wall_offset_ns) {
  // Unsigned, so that a hostile recording wraps instead of being undefined.
  return at.ns + static_cast<std::uint64_t>(wall_offset_ns);
}

std::string rfc3339(Timestamp at, std::int64_t wall_offset_ns) {
  const WallTime wall = wall_time(at, wall_offset_ns);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:09}Z", format_date(wall.date),
                     wall.time.hours().count(), wall.time.minutes().count(),
                     wall.time.seconds().count(), wall.time.subseconds().count());
}

std::string time_of_day(Timestamp at, std::int64_t wall_offset_ns) {
  const WallTime wall = wall_time(at, wall_offset_ns);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", wall.time.hours().count(),
                     wall.time.minutes().count(), wall.time.seconds().count(),
                     wall.time.subseconds().count() / 1'000'000);
}

std::string date_of(Timestamp at, std::int64_t wall_offset_ns) {
  return format_date(wall_time(at, wall_offset_ns).date);
}

}  // namespace reloadtrace
