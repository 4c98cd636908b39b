// SPDX-License-Identifier: Apache-2.0
// The wall clock of a node is set. A machine has but one, so this runs where the machine is the
// test's own: scripts/vm. Suspensions are in tests/unit/node/boot_clock_test.cpp, since the guests
// do not wake up from them.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

bool set_wall_clock_by(seconds step) {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += step.count();
  return ::clock_settime(CLOCK_REALTIME, &time) == 0;
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

}  // namespace
}  // namespace reloadtrace::testing
