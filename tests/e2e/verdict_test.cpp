// SPDX-License-Identifier: Apache-2.0
// One publish, one container, one behaviour: the verdict, its cause, its trigger, and which
// generation of the file the reader has.
#include <algorithm>
#include <map>
#include <ostream>
#include <thread>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

// The publisher sleeps between the complete new directory and the rename.
const PublishOptions kSlowly = {.delay = milliseconds(60)};
// Long enough for a poller to be known as one.
constexpr milliseconds kPollsSeen{800};
// Readable by root alone.
const PublishOptions kClosed = {.arguments = {"--mode", "0600"}};

struct Case {
  const char* behaviour;
  const char* verdict;
  const char* cause = "";    // "" = null
  const char* trigger = "";  // "" = null
  const char* has = "new";   // generation of app.yaml in the verdict: new, old, or "" for none
  std::vector<std::string> files = {"app.yaml"};
  PublishOptions publish = {};
  // Started under the tracer's eyes, so that it is known which files it uses; else before it.
  bool watched_from_start = false;
  milliseconds pause = {};  // before the publish
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.behaviour;
}

std::string name_of(const ::testing::TestParamInfo<Case>& tested) {
  std::string name = tested.param.behaviour;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Behaviour : public Story, public ::testing::WithParamInterface<Case> {};

TEST_P(Behaviour, gets_its_verdict_with_cause_trigger_and_generations) {
  const Case& expected = GetParam();
  const std::string before =
      volume_.publish({{"app.yaml", "level: info"}, {"limits.conf", "files: 10"}});
  if (expected.watched_from_start) {
    trace();
    start(expected.behaviour, expected.files);
  } else {
    start(expected.behaviour, expected.files);
    trace();
  }
  std::this_thread::sleep_for(expected.pause);
  const std::string after = volume_.publish(
      {{"app.yaml", "level: debug"}, {"limits.conf", "files: 99"}}, expected.publish);
  const Line said = verdict();

  EXPECT_EQ(row_of(said), (Row{expected.verdict, expected.cause, expected.trigger}))
      << said.dump(1);
  const std::map<std::string, std::string> generations = {
      {"new", after}, {"old", before}, {"", ""}};
  EXPECT_EQ(generation_of(said, "app.yaml"), generations.at(expected.has)) << said.dump(1);
  EXPECT_EQ(said.at("publish").at("from"), before);
  EXPECT_EQ(said.at("publish").at("to"), after);
  EXPECT_EQ(said.at("confidence"), "exact");
  EXPECT_NE(said.at("evidence"), "");
  EXPECT_EQ(said.at("advice").is_null(), said.at("cause").is_null());
}

INSTANTIATE_TEST_SUITE_P(
    Watches,
    Behaviour,
    ::testing::Values(
        Case{"directory-watcher", "reloaded", "", "inotify"},
        Case{"data-watcher", "reloaded", "", "inotify"},
        Case{"file-watcher-rearming", "reloaded", "", "inotify"},
        Case{"file-watcher-once", "reloaded", "", "inotify"},
        Case{"remapper", "reloaded", "", "inotify"},
        Case{"worker-restarter", "reloaded", "", "inotify"},
        Case{"self-restarter", "restarted", "", "restart"},
        Case{"file-watcher-deaf", "stale", "watch_lost", "", ""},
        Case{"link-watcher", "stale", "watch_on_symlink", "", ""},
        Case{"mask-misser", "stale", "mask_misses_swap", "", ""},
        Case{"event-ignorer", "stale", "event_ignored", "", ""},
        Case{"queue-neglecter", "stale", "event_not_consumed", "", ""},
        Case{"failing-opener", "stale", "open_failed", "", "", {"app.yaml"}, kClosed},
        Case{"early-reader", "stale", "read_too_early", "", "old", {"app.yaml"}, kSlowly},
        Case{"exiter", "exited", "", "", ""}),
    name_of);

INSTANTIATE_TEST_SUITE_P(WithoutWatches,
                         Behaviour,
                         ::testing::Values(Case{"no-watcher", "stale", "no_watcher", "", ""},
                                           Case{"open-poller",
                                                "reloaded",
                                                "",
                                                "poll",
                                                "new",
                                                {"app.yaml", "--interval", "100"},
                                                {},
                                                false,
                                                kPollsSeen},
                                           Case{"stat-poller",
                                                "reloaded",
                                                "",
                                                "poll",
                                                "new",
                                                {"app.yaml", "--interval", "100"},
                                                {},
                                                false,
                                                kPollsSeen},
                                           Case{"fd-keeper", "stale", "held_old_fd", "", "old"},
                                           Case{"mapper", "stale", "mapped_old_file", "", ""}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(InPart,
                         Behaviour,
                         ::testing::Values(Case{"partial-reader", "partial", "incomplete_read"},
                                           Case{"first-file-reader",
                                                "partial",
                                                "incomplete_read",
                                                "",
                                                "new",
                                                {"app.yaml", "limits.conf"},
                                                {},
                                                true},
                                           Case{"torn-reader",
                                                "torn",
                                                "mixed_generations",
                                                "",
                                                "old",
                                                {"app.yaml", "limits.conf"},
                                                kSlowly,
                                                true}),
                         name_of);

}  // namespace
}  // namespace reloadtrace::testing
