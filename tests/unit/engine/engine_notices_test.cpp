// SPDX-License-Identifier: Apache-2.0
// Which notice is named as the trigger, and what is not held against a reader.
#include <gmock/gmock.h>

#include <cerrno>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Noticing : public ::testing::Test {
 protected:
  Noticing() {
    story_.ready();
    story_.reread(app_.main, config_, "app.yaml");
    story_.pass(30s);
  }

  void pass_deadline() {
    story_.pass(Story::kDeadline);
    story_.inspect(app_.main);
  }
  std::string trigger() const {
    const auto& trigger = told_.last().trigger;
    return trigger ? std::string(name_of(trigger->kind)) + ": " + trigger->detail : "none";
  }
  std::string cause() const {
    return told_.last().cause ? std::string(name_of(*told_.last().cause)) : "none";
  }

  ToldEngine told_;
  Story story_{[this](const Event& event) { told_.engine.observe(event); }};
  StoryVolume& config_{(story_.begin(), story_.config_map())};
  StoryContainer app_{story_.container("app", {&config_})};
};

TEST_F(Noticing, names_the_latest_notice_that_explains_the_reread) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.publish(config_);
  story_.notify_of_swap(watch, config_);
  story_.pass(2s);
  story_.hang_up(app_.main, SignalHandling::Handled);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger(), "signal: SIGHUP from kill[950]");
}

TEST_F(Noticing, does_not_name_a_signal_that_the_kernel_dropped) {
  story_.publish(config_);
  story_.hang_up(app_.main, SignalHandling::Default, SignalOutcome::Dropped);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger(), "unknown: ");
}

TEST_F(Noticing, holds_a_refused_signal_against_the_container_that_it_was_for) {
  const auto sidecar = story_.container("sidecar", {&config_});
  story_.publish(config_);
  story_.refuse(sidecar.main, app_.main);
  pass_deadline();
  EXPECT_THAT(told_.last().evidence,
              HasSubstr("] sent SIGHUP to app[100], pid 1 of its container, "));
  EXPECT_THAT(told_.last().evidence, HasSubstr("kill failed with EPERM"));
  story_.inspect(sidecar.main);
  EXPECT_THAT(told_.verdicts(),
              ElementsAre("app: stale (signal_refused)", "sidecar: stale (no_watcher)"));
}

TEST_F(Noticing, tells_the_sender_of_a_refused_signal_when_it_was_for_nobody_who_reads) {
  StoryProcess pause = app_.main;
  pause.tgid = 77;
  story_.publish(config_);
  story_.refuse(app_.main, pause);
  pass_deadline();
  EXPECT_EQ(cause(), "signal_refused");
}

TEST_F(Noticing, does_not_take_another_process_with_the_same_pid_for_the_target) {
  const auto sidecar = story_.container("sidecar", {&config_});
  StoryProcess before = app_.main;
  before.started = before.started + 1s;
  story_.publish(config_);
  story_.refuse(sidecar.main, before);
  pass_deadline();
  EXPECT_EQ(cause(), "no_watcher");
}

TEST_F(Noticing, finds_the_period_of_who_opens_the_file_by_the_clock) {
  for (int i = 0; i < 3; ++i) {
    story_.pass(2s);
    story_.reread(app_.main, config_, "app.yaml");
  }
  story_.pass(1s);
  story_.publish(config_);
  story_.pass(1s);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger(), "poll: opens app.yaml every 2.0 s");
}

TEST_F(Noticing, finds_the_period_of_looks_that_the_kernel_counted_together) {
  Timestamp last = story_.now();
  for (int i = 0; i < 4; ++i) {
    const Timestamp first = last + Duration(100us);
    story_.pass(100ms);
    last = story_.tick();
    story_.deliver(PollFact{last, first, app_.main.tgid, config_.fact.id, TargetKind::File,
                            "app.yaml", PollCall::Stat, 0, 1000});
  }
  story_.publish(config_);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger(), "poll: stats app.yaml every 0.1 ms");
}

TEST_F(Noticing, takes_several_calls_in_one_go_for_one_look) {
  Timestamp last = story_.now();
  for (int i = 0; i < 4; ++i) {
    const Timestamp first = last + Duration(30us);  // access() right after stat()
    story_.pass(1s);
    last = story_.tick();
    story_.deliver(PollFact{last, first, app_.main.tgid, config_.fact.id, TargetKind::File,
                            "app.yaml", PollCall::Stat, 0, 2});
  }
  story_.publish(config_);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger(), "poll: stats app.yaml every 1.0 s");
}

TEST_F(Noticing, gives_the_looks_of_short_lived_children_to_their_parent) {
  for (int i = 0; i < 4; ++i) {
    story_.pass(1s);
    const auto stat = story_.child(app_.main, "stat");
    story_.look(stat, config_, "app.yaml", PollCall::Stat);
    story_.exit(stat);
  }
  story_.publish(config_);
  story_.pass(1s);
  const auto cat = story_.child(app_.main, "cat");
  story_.reread(cat, config_, "app.yaml");
  EXPECT_EQ(trigger(), "poll: stats app.yaml every 1.0 s");
}

TEST_F(Noticing, makes_no_clock_of_looks_at_odd_times) {
  for (const auto pause : {1s, 7s, 2s, 19s}) {
    story_.pass(pause);
    story_.look(app_.main, config_, "app.yaml", PollCall::Stat);
  }
  story_.publish(config_);
  story_.pass(1s);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger(), "unknown: ");
}

TEST_F(Noticing, makes_no_reader_of_who_merely_looks) {
  const auto ls = story_.process("ls");
  story_.look(ls, config_, "", PollCall::Stat, TargetKind::Root);
  story_.publish(config_);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(Noticing, prefers_a_living_watch_that_was_ignored_to_a_clock) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  for (int i = 0; i < 4; ++i) {
    story_.pass(1s);
    story_.look(app_.main, config_, "app.yaml", PollCall::Stat);
  }
  story_.publish(config_);
  story_.notify_of_swap(watch, config_);
  story_.pass(1s);
  story_.look(app_.main, config_, "app.yaml", PollCall::Stat);
  story_.pass(Story::kDeadline);
  story_.inspect(app_.main, {watch});
  EXPECT_EQ(cause(), "event_ignored");
}

TEST_F(Noticing, forgives_a_watch_that_failed_and_was_set_up_later) {
  story_.fail_watch(app_.main, WatchCall::Init, EMFILE);
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.publish(config_);
  story_.pass(Story::kDeadline);
  story_.inspect(app_.main, {watch});
  EXPECT_EQ(cause(), "event_not_consumed");
}

TEST_F(Noticing, says_what_to_do_about_each_way_of_not_getting_a_watch) {
  story_.deliver(WatchFailedFact{story_.tick(), app_.main.tgid, config_.fact.id, "app.yaml",
                                 WatchCall::Add, ENOSPC, 1000});
  story_.publish(config_);
  pass_deadline();
  EXPECT_EQ(cause(), "watch_setup_failed");
  EXPECT_THAT(told_.last().evidence, HasSubstr("inotify_add_watch of app.yaml failed with ENOSPC"));
  EXPECT_THAT(told_.last().advice, HasSubstr("max_user_watches"));
}

TEST_F(Noticing, does_not_take_a_shell_that_reads_at_each_start_of_a_loop_for_a_copy) {
  story_.pass(10min);
  const auto cat = story_.child(app_.main, "cat");
  story_.reread(cat, config_, "app.yaml");
  story_.exit(cat);
  story_.pass(10s);
  story_.publish(config_);
  pass_deadline();
  EXPECT_EQ(cause(), "no_watcher");
}

TEST_F(Noticing, does_not_accuse_a_32_bit_program_whose_calls_have_other_numbers) {
  story_.publish(config_);
  story_.pass(Story::kDeadline);
  story_.deliver(InspectedFact{story_.tick(), app_.main.tgid, true, false, true});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
  EXPECT_THAT(told_.last().evidence, HasSubstr("32-bit"));
}

TEST_F(Noticing, tells_how_far_each_process_of_a_reader_has_come) {
  const auto worker = story_.child(app_.main, "worker");
  story_.reread(worker, config_, "app.yaml");
  story_.publish(config_);
  story_.hang_up(app_.main, SignalHandling::Handled);
  story_.reread(app_.main, config_, "app.yaml");
  const auto& processes = told_.last().processes;
  ASSERT_THAT(processes, SizeIs(2));
  EXPECT_EQ(processes[0].state, ProcessState::Reread);
  EXPECT_EQ(processes[1].state, ProcessState::Old);
  EXPECT_EQ(processes[1].process.comm, "worker");
}

TEST_F(Noticing, needs_no_table_for_a_single_process) {
  story_.publish(config_);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_THAT(told_.last().processes, IsEmpty());
}

TEST(IoUring, is_not_held_against_a_reader_when_its_hook_is_missing) {
  for (const bool missing : {false, true}) {
    ToldEngine told;
    Story story([&](const Event& event) { told.engine.observe(event); });
    story.begin(missing ? Story::hooks_without("io_uring") : Story::all_hooks());
    StoryVolume& config = story.config_map();
    const auto app = story.container("app", {&config});
    story.ready();
    story.publish(config);
    story.pass(Story::kDeadline);
    story.deliver(InspectedFact{story.tick(), app.main.tgid, true, true, false});
    EXPECT_THAT(told.verdicts(), ElementsAre(missing ? "app: unknown" : "app: stale (no_watcher)"));
  }
}

}  // namespace
}  // namespace reloadtrace::testing
