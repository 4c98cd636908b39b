// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/boot_clock.h"

#include <algorithm>
#include <ctime>

namespace reloadtrace::node {
namespace {

// Starts are told in ticks of 10 ms, and the two clocks are read one after the other.
constexpr std::uint64_t kShortestSleep = 10'000'000;

std::uint64_t nanoseconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

BootClock::Reading BootClock::read_clocks() {
  // The later one cannot come out as asleep.
  const std::uint64_t boot = nanoseconds_of(CLOCK_BOOTTIME);
  return {boot, nanoseconds_of(CLOCK_MONOTONIC)};
}

Timestamp BootClock::monotonic(std::uint64_t ns_since_boot) {
  const Reading now = read_();
  const std::uint64_t asleep = now.boot_ns - std::min(now.boot_ns, now.monotonic_ns);
  if (asleep > asleep_ns_ + kShortestSleep) {
    asleep_ns_ = asleep;
    awake_since_ns_ = now.boot_ns;
  }
  if (ns_since_boot < awake_since_ns_) {
    return {};
  }
  return {std::max<std::uint64_t>(ns_since_boot - asleep_ns_, 1)};
}

}  // namespace reloadtrace::node
