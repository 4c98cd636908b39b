// SPDX-License-Identifier: Apache-2.0
// A point on the machine's monotonic clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace reloadtrace {

using Duration = std::chrono::nanoseconds;

// Nanoseconds of CLOCK_MONOTONIC, as bpf_ktime_get_ns() gives them. Never compared with a wall
// clock; only sinks turn it into one, with the offset of the session. Zero means "not known".
struct Timestamp {
  std::uint64_t ns = 0;

  // clang-tidy 14 takes the zero that the compiler puts here for a null pointer.
  auto operator<=>(const Timestamp&) const = default;  // NOLINT(modernize-use-nullptr)
  explicit operator bool() const { return ns != 0; }
};

// Negative when `a` is earlier than `b`.
inline Duration operator-(Timestamp a, Timestamp b) {
  return Duration(static_cast<std::int64_t>(a.ns - b.ns));
}

// Saturates at zero rather than wrapping to the far future.
inline Timestamp operator-(Timestamp t, Duration d) {
  const auto back = static_cast<std::uint64_t>(d.count());
  return {d.count() > 0 && back > t.ns ? 0 : t.ns - back};
}

inline Timestamp operator+(Timestamp t, Duration d) {
  return {t.ns + static_cast<std::uint64_t>(d.count())};
}

}  // namespace reloadtrace
