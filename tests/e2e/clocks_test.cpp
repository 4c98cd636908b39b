// SPDX-License-Identifier: Apache-2.0
// The wall clock of a node is set, and the node suspended. A machine has but one clock, so this
// runs where the machine is the test's own: scripts/vm.
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool set_wall_clock_by(seconds step) {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += step.count();
  return ::clock_settime(CLOCK_REALTIME, &time) == 0;
}

// Since boot, by CLOCK_BOOTTIME, which goes on meanwhile, and CLOCK_MONOTONIC, which does not.
std::chrono::nanoseconds time_asleep() {
  timespec boot{};
  timespec monotonic{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);  // first: a pause in between is no sleep
  ::clock_gettime(CLOCK_MONOTONIC, &monotonic);
  return seconds(boot.tv_sec - monotonic.tv_sec) +
         std::chrono::nanoseconds(boot.tv_nsec - monotonic.tv_nsec);
}

// Hibernation on a machine without swap: the kernel freezes all processes, suspends the devices and
// its own clocks, copies the memory, wakes up to write the copy, finds no place for it and goes on.
// How long it slept it knows by the real-time clock, which counts seconds: so that may come out as
// nothing, and is tried again then.
bool suspend_machine() {
  const auto before = time_asleep();
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (!(std::ofstream("/sys/power/disk") << "shutdown" << std::flush)) {
      return false;
    }
    std::ofstream state("/sys/power/state");
    if (state << "disk" << std::flush) {
      return false;  // there was swap, after all
    }
    if (time_asleep() - before > milliseconds(200)) {
      return true;
    }
  }
  return false;
}

class Clocks : public Story {
 protected:
  void SetUp() override {
    if (std::getenv("RELOADTRACE_OWN_MACHINE") == nullptr) {
      GTEST_SKIP() << "would set the clock of the whole machine: scripts/vm does";
    }
    Story::SetUp();
  }

  // Not by what it was triggered: on a CPU that is slow enough the event of the new directory,
  // which came before the swap, makes it read what came with the swap.
  void expect(const Container& container, std::size_t nth, const std::string& what) {
    const Line said = verdict(container, nth);
    EXPECT_EQ(said.at("verdict"), what) << said.dump(1);
    EXPECT_EQ(said.value("confidence", ""), "exact") << said.dump(1);
  }

  // One line after the other, as they were told.
  void expect_times_in_order() {
    const auto lines = of_kind(tracer_->lines(), "reload");
    EXPECT_TRUE(std::ranges::is_sorted(
        lines, {}, [](const Line& line) { return line.at("time").get<std::string>(); }));
  }
};

TEST_F(Clocks, set_back_by_hours_and_forth_again_change_no_verdict) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& deaf = start("no-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  ASSERT_TRUE(set_wall_clock_by(-hours(3))) << "while one of them is undecided";
  expect(good, 1, "reloaded");
  expect(deaf, 1, "stale");
  volume_.publish({{"app.yaml", "three"}});  // named after a time that was there already
  ASSERT_TRUE(set_wall_clock_by(hours(9)));
  expect(good, 2, "reloaded");
  expect(deaf, 2, "stale");
  ASSERT_TRUE(set_wall_clock_by(-hours(6)));
  expect_times_in_order();
}

TEST_F(Clocks, that_stood_still_while_the_machine_was_suspended_change_no_verdict) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& deaf = start("no-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  ASSERT_TRUE(suspend_machine()) << "while one of them is undecided";
  expect(good, 1, "reloaded");
  expect(deaf, 1, "stale");

  const Container& later = start("directory-watcher");
  volume_.publish({{"app.yaml", "three"}});
  expect(good, 2, "reloaded");
  expect(deaf, 2, "stale");
  expect(later, 1, "reloaded");

  // Now the starts of the first two are before the suspension for one who did not see it.
  tracer_->process().signal(SIGKILL);
  ASSERT_EQ(tracer_->process().wait(seconds(5)), 128 + SIGKILL);
  trace();
  volume_.publish({{"app.yaml", "four"}});
  expect(good, 1, "reloaded");
  expect(deaf, 1, "stale");
  expect(later, 1, "reloaded");
}

}  // namespace
}  // namespace reloadtrace::testing
