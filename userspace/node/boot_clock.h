// SPDX-License-Identifier: Apache-2.0
// From the clock of /proc to that of the kernel's events.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "userspace/base/timestamp.h"

namespace reloadtrace::node {

// /proc/PID/stat tells the start of a process on CLOCK_BOOTTIME, the BPF programs on
// CLOCK_MONOTONIC, which stands still while the machine is suspended. What is told of a time before
// a suspension cannot be translated: nobody says when it was, only how long all of them were.
class BootClock {
 public:
  struct Reading {
    std::uint64_t boot_ns = 0;
    std::uint64_t monotonic_ns = 0;
  };
  using Read = std::function<Reading()>;

  explicit BootClock(Read read = &read_clocks) : read_(std::move(read)) {}

  // Unset when the machine may have been suspended after that moment.
  Timestamp monotonic(std::uint64_t ns_since_boot);

 private:
  static Reading read_clocks();

  Read read_;
  std::uint64_t asleep_ns_ = 0;       // in all, when last looked
  std::uint64_t awake_since_ns_ = 0;  // on CLOCK_BOOTTIME; nothing slept after it
};

}  // namespace reloadtrace::node
