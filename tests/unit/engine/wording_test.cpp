// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/wording.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include <cerrno>
#include <chrono>

#include "userspace/engine/verdict.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

TEST(Wording, says_durations_in_the_unit_that_people_would_use) {
  EXPECT_EQ(say(80us), "0.08 ms");
  EXPECT_EQ(say(400us), "0.4 ms");
  EXPECT_EQ(say(2400us), "2.4 ms");
  EXPECT_EQ(say(12ms), "12 ms");
  EXPECT_EQ(say(1300ms), "1.3 s");
  EXPECT_EQ(say(90s), "90.0 s");
  EXPECT_EQ(say(5min), "5 min");
  EXPECT_EQ(say(3h), "3 h");
  EXPECT_EQ(say(98h), "4 d");
}

TEST(Wording, rounds_into_the_next_unit_rather_than_past_its_end) {
  EXPECT_EQ(say(9'996us), "10 ms");
  EXPECT_EQ(say(999'700us), "1.0 s");
  EXPECT_EQ(say(119'990ms), "2 min");
  EXPECT_EQ(say(0ns), "0 ms");
}

TEST(Wording, says_every_bit_of_an_inotify_mask) {
  EXPECT_EQ(say_inotify_mask(IN_MOVED_TO), "IN_MOVED_TO");
  EXPECT_EQ(say_inotify_mask(IN_CREATE | IN_ISDIR), "IN_CREATE|IN_ISDIR");
  EXPECT_EQ(say_inotify_mask(0), "0");
  EXPECT_EQ(say_inotify_mask(IN_MODIFY | 0x00100000U), "IN_MODIFY|0x100000");
}

TEST(Wording, says_every_bit_of_a_fanotify_mask) {
  EXPECT_EQ(say_fanotify_mask(FAN_MOVED_TO | FAN_ONDIR), "FAN_MOVED_TO|FAN_ONDIR");
  EXPECT_EQ(say_fanotify_mask(0), "0");
  EXPECT_EQ(say_fanotify_mask(FAN_CREATE | 0x100000000U), "FAN_CREATE|0x100000000");
}

TEST(Wording, names_the_signals_that_people_send) {
  EXPECT_EQ(say_signal(SIGHUP), "SIGHUP");
  EXPECT_EQ(say_signal(SIGUSR1), "SIGUSR1");
  EXPECT_EQ(say_signal(40), "signal 40");
}

TEST(Wording, names_the_errors_that_opens_fail_with) {
  EXPECT_EQ(say_errno(EACCES), "EACCES");
  EXPECT_EQ(say_errno(ENOENT), "ENOENT");
  EXPECT_EQ(say_errno(ENOSPC), "ENOSPC");
  EXPECT_EQ(say_errno(4095), "errno 4095");
}

TEST(Wording, calls_only_stale_torn_and_partial_readers_failures) {
  for (int i = 0; i <= static_cast<int>(Verdict::Pending); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    const bool accuses =
        verdict == Verdict::Stale || verdict == Verdict::Torn || verdict == Verdict::Partial;
    EXPECT_EQ(is_failure(verdict), accuses) << name_of(verdict);
  }
}

}  // namespace
}  // namespace reloadtrace
