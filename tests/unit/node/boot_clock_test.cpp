// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/boot_clock.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// A machine that is awake, then suspended, then awake.
class Machine {
 public:
  void run(std::uint64_t seconds) {
    now_.boot_ns += seconds * kSecond;
    now_.monotonic_ns += seconds * kSecond;
  }
  void sleep(std::uint64_t seconds) { now_.boot_ns += seconds * kSecond; }

  node::BootClock clock() {
    return node::BootClock([this] { return now_; });
  }

 private:
  node::BootClock::Reading now_;
};

Timestamp at(std::uint64_t seconds) {
  return {seconds * kSecond};
}

TEST(BootClock, is_the_monotonic_clock_while_the_machine_never_slept) {
  Machine machine;
  machine.run(100);
  node::BootClock clock = machine.clock();
  EXPECT_EQ(clock.monotonic(20 * kSecond), at(20));
  machine.run(50);
  EXPECT_EQ(clock.monotonic(149 * kSecond), at(149));
}

TEST(BootClock, does_not_know_what_was_before_a_sleep_and_knows_what_came_after_it) {
  Machine machine;
  machine.run(100);
  node::BootClock clock = machine.clock();
  EXPECT_EQ(clock.monotonic(20 * kSecond), at(20));
  machine.sleep(1000);
  EXPECT_FALSE(clock.monotonic(20 * kSecond)) << "20 or, had it slept before that, earlier";
  machine.run(10);
  EXPECT_EQ(clock.monotonic(1105 * kSecond), at(105));
}

TEST(BootClock, does_not_know_when_a_machine_slept_that_did_so_before_the_first_look) {
  Machine machine;
  machine.run(100);
  machine.sleep(30);
  machine.run(100);
  node::BootClock clock = machine.clock();
  EXPECT_FALSE(clock.monotonic(200 * kSecond));
  machine.run(5);
  EXPECT_EQ(clock.monotonic(232 * kSecond), at(202));
}

TEST(BootClock, takes_no_difference_between_two_readings_for_a_sleep) {
  node::BootClock clock([] {
    return node::BootClock::Reading{100 * kSecond, 100 * kSecond + 700};  // read the later
  });
  EXPECT_EQ(clock.monotonic(20 * kSecond), at(20));
}

}  // namespace
}  // namespace reloadtrace
