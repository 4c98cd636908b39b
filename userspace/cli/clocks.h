// SPDX-License-Identifier: Apache-2.0
// The clocks of this machine, as a session reads them.
#pragma once

#include <cstdint>
#include <ctime>

#include "userspace/base/timestamp.h"

namespace reloadtrace {

inline std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline Timestamp monotonic_now() {
  return {clock_ns(CLOCK_MONOTONIC)};
}

// Add to a monotonic time of about now to get CLOCK_REALTIME.
inline std::int64_t wall_offset_ns() {
  return static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
}

}  // namespace reloadtrace
