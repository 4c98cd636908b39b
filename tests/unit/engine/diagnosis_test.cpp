// SPDX-License-Identifier: Apache-2.0
// Why a reader is stale: each cause, and which of several is named.
#include <gmock/gmock.h>

#include <cerrno>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Diagnosing : public EngineTest {
 protected:
  // "no_watcher", of the only verdict after the deadline; checks that it is `stale`.
  std::string cause() {
    pass_deadline();
    EXPECT_EQ(told_.last().verdict, Verdict::Stale) << told_.last().evidence;
    return told_.last().cause ? std::string(name_of(*told_.last().cause)) : "";
  }
  std::string evidence() const { return told_.last().evidence; }

  StoryVolume& config_ = story_.config_map();
  StoryContainer app_ = story_.container("app", {&config_});
};

TEST_F(Diagnosing, finds_no_watcher) {
  story_.reread(app_.main, config_, "app.yaml");
  story_.pass(1h);
  story_.publish(config_);
  EXPECT_EQ(cause(), "no_watcher");
  EXPECT_THAT(evidence(), HasSubstr("last read app.yaml 62 min ago"));
}

TEST_F(Diagnosing, finds_a_watch_lost_with_the_file_it_was_on) {
  const auto watch = story_.watch(app_.main, config_, "app.yaml", kFileMask);
  story_.publish(config_);
  story_.notify_of_death(watch);
  EXPECT_EQ(cause(), "watch_lost");
  EXPECT_THAT(evidence(), HasSubstr("IN_IGNORED"));
}

TEST_F(Diagnosing, finds_a_watch_lost_at_an_earlier_swap) {
  const auto watch = story_.watch(app_.main, config_, "app.yaml", kFileMask);
  story_.publish(config_);
  story_.notify_of_death(watch);
  story_.reread(app_.main, config_, "app.yaml");
  story_.pass(60s);
  story_.publish(config_);
  EXPECT_EQ(cause(), "watch_lost");
  EXPECT_THAT(evidence(), HasSubstr("60.0 s before"));
}

TEST_F(Diagnosing, does_not_say_that_a_watch_was_not_set_again_when_it_was) {
  const auto watch = story_.watch(app_.main, config_, "app.yaml", kFileMask);
  story_.publish(config_);
  story_.notify_of_death(watch);
  watches_ = {story_.watch(app_.main, config_, "app.yaml", kFileMask)};
  EXPECT_EQ(cause(), "event_ignored");
}

TEST_F(Diagnosing, does_not_speak_of_a_queue_that_was_not_read_for_a_watch_set_later) {
  story_.publish(config_);
  story_.pass(5s);
  watches_ = {story_.watch(app_.main, config_, "", kDirectoryMask)};
  EXPECT_EQ(cause(), "no_watcher");
  EXPECT_THAT(evidence(), HasSubstr("5.0 s after the publish"));
}

TEST_F(Diagnosing, finds_a_watch_on_the_link_itself) {
  watches_ = {story_.watch(app_.main, config_, "app.yaml", kFileMask | IN_DONT_FOLLOW)};
  story_.publish(config_);
  EXPECT_EQ(cause(), "watch_on_symlink");
}

TEST_F(Diagnosing, does_not_say_that_the_swap_leaves_the_link_alone_which_it_replaces) {
  const auto watch = story_.watch(app_.main, config_, "..data", kFileMask | IN_DONT_FOLLOW);
  story_.publish(config_);
  story_.notify_of_death(watch);
  EXPECT_EQ(cause(), "watch_lost");
}

TEST_F(Diagnosing, finds_a_mask_that_no_event_of_a_swap_matches) {
  watches_ = {story_.watch(app_.main, config_, "", IN_MODIFY | IN_CLOSE_WRITE)};
  story_.publish(config_);
  EXPECT_EQ(cause(), "mask_misses_swap");
  EXPECT_THAT(evidence(), HasSubstr("IN_MODIFY|IN_CLOSE_WRITE"));
}

TEST_F(Diagnosing, finds_an_event_that_was_taken_and_ignored) {
  story_.reread(app_.main, config_, "app.yaml");
  watches_ = {story_.watch(app_.main, config_, "", kDirectoryMask)};
  story_.publish(config_);
  story_.notify_of_swap(watches_[0], config_);
  EXPECT_EQ(cause(), "event_ignored");
  EXPECT_THAT(evidence(), HasSubstr("IN_MOVED_TO ..data"));
  EXPECT_THAT(evidence(), HasSubstr("app.yaml"));
}

TEST_F(Diagnosing, does_not_say_that_nothing_was_opened_when_another_file_was) {
  watches_ = {story_.watch(app_.main, config_, "", kDirectoryMask)};
  story_.publish(config_);
  story_.notify_of_swap(watches_[0], config_);
  EXPECT_EQ(cause(), "event_ignored");
  EXPECT_THAT(evidence(), Not(HasSubstr("opened nothing")));
}

TEST_F(Diagnosing, finds_a_good_watch_whose_queue_is_not_read) {
  watches_ = {story_.watch(app_.main, config_, "", kDirectoryMask)};
  story_.publish(config_);
  EXPECT_EQ(cause(), "event_not_consumed");
}

TEST_F(Diagnosing, takes_an_overflow_for_an_event_that_was_read) {
  watches_ = {story_.watch(app_.main, config_, "", kDirectoryMask)};
  story_.publish(config_);
  story_.deliver(NotifyEvent{story_.origin(app_.main), 5, -1, IN_Q_OVERFLOW, ""});
  EXPECT_EQ(cause(), "queue_overflow");
  EXPECT_THAT(evidence(), HasSubstr("IN_Q_OVERFLOW"));
}

TEST_F(Diagnosing, hears_what_a_forked_child_takes_from_the_queue_of_its_parent) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  StoryWatch inherited = watch;
  inherited.process = story_.child(app_.main, "daemon");
  watches_ = {watch, inherited};
  story_.publish(config_);
  story_.notify_of_swap(inherited, config_);
  EXPECT_EQ(cause(), "event_ignored");
}

TEST_F(Diagnosing, hears_what_a_process_takes_from_a_queue_that_it_kept_over_exec) {
  auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.exec(app_.main, "app");
  watches_ = {watch};
  story_.pass(1s);
  story_.publish(config_);
  story_.notify_of_swap(watch, config_);
  EXPECT_EQ(cause(), "event_ignored");
}

TEST_F(Diagnosing, forgets_watches_that_ended_with_an_exec) {
  story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.exec(app_.main, "app");
  story_.publish(config_);
  EXPECT_EQ(cause(), "no_watcher");
}

TEST_F(Diagnosing, forgets_watches_that_the_process_took_away) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.deliver(WatchRemoveEvent{story_.origin(app_.main), watch.fact.fd, watch.fact.wd});
  story_.publish(config_);
  EXPECT_EQ(cause(), "no_watcher");
}

TEST_F(Diagnosing, finds_a_reread_that_came_too_early) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  watches_ = {watch};
  auto next = story_.prepare(config_, {{"app.yaml", "two"}});
  story_.notify(watch, IN_CREATE | IN_ISDIR, next.fact.name);
  story_.reread(app_.main, config_, "app.yaml");
  story_.pass(19ms);
  story_.swap(config_, next);
  story_.notify(watch, IN_MOVED_TO, "..data");
  EXPECT_EQ(cause(), "read_too_early");
  EXPECT_THAT(evidence(), HasSubstr("19 ms before the swap"));
}

TEST_F(Diagnosing, finds_the_old_file_being_read_through_an_old_descriptor) {
  story_.reread(app_.main, config_, "app.yaml");
  story_.publish(config_);
  story_.pass(30s);
  story_.read(app_.main, config_, config_.old, "app.yaml");
  EXPECT_EQ(cause(), "held_old_fd");
  EXPECT_THAT(evidence(), HasSubstr("app.yaml of " + config_.old.fact.name));
}

TEST_F(Diagnosing, does_not_take_a_read_that_the_swap_overtook_for_a_descriptor_kept_open) {
  story_.open(app_.main, config_, "app.yaml");
  story_.publish(config_);
  story_.read(app_.main, config_, config_.old, "app.yaml");
  EXPECT_NE(cause(), "held_old_fd");
}

TEST_F(Diagnosing, finds_a_descriptor_kept_open) {
  story_.reread(app_.main, config_, "app.yaml");
  story_.publish(config_);
  held_ = {Story::holds(config_, config_.old, "app.yaml", 7)};
  EXPECT_EQ(cause(), "held_old_fd");
  EXPECT_THAT(evidence(), HasSubstr("descriptor 7"));
}

TEST_F(Diagnosing, finds_a_mapping_of_the_old_file) {
  story_.map(app_.main, config_, "app.yaml");
  story_.publish(config_);
  held_ = {Story::holds(config_, config_.old, "app.yaml", -1)};
  EXPECT_EQ(cause(), "mapped_old_file");
}

TEST_F(Diagnosing, prefers_the_held_file_to_the_watch_that_it_keeps_silent) {
  // A file held open keeps its watch from dying: IN_DELETE_SELF comes only when it is closed.
  story_.watch(app_.main, config_, "app.yaml", IN_MODIFY | IN_DELETE_SELF);
  story_.open(app_.main, config_, "app.yaml");
  story_.publish(config_);
  held_ = {Story::holds(config_, config_.old, "app.yaml", 7)};
  EXPECT_EQ(cause(), "held_old_fd");
}

TEST_F(Diagnosing, finds_an_open_that_was_refused) {
  story_.publish(config_);
  story_.fail_open(app_.main, config_, "app.yaml", EACCES);
  EXPECT_EQ(cause(), "open_failed");
  EXPECT_THAT(evidence(), HasSubstr("EACCES"));
  EXPECT_THAT(evidence(), HasSubstr("uid 65534"));
  EXPECT_THAT(evidence(), HasSubstr("0400"));
}

TEST_F(Diagnosing, does_not_advise_other_permissions_when_descriptors_ran_out) {
  story_.publish(config_);
  story_.fail_open(app_.main, config_, "app.yaml", EMFILE);
  EXPECT_EQ(cause(), "open_failed");
  EXPECT_THAT(evidence(), Not(HasSubstr("uid")));
  EXPECT_THAT(told_.last().advice, Not(HasSubstr("fsGroup")));
}

TEST_F(Diagnosing, finds_a_visible_link_that_is_missing) {
  story_.publish(config_);
  story_.fail_open(app_.main, config_, "app.yaml", ENOENT);
  EXPECT_EQ(cause(), "dangling_link");
}

TEST_F(Diagnosing, names_a_failed_open_before_all_other_causes) {
  watches_ = {story_.watch(app_.main, config_, "", kDirectoryMask)};
  story_.publish(config_);
  story_.notify_of_swap(watches_[0], config_);
  story_.fail_open(app_.main, config_, "app.yaml", EACCES);
  EXPECT_EQ(cause(), "open_failed");
}

TEST_F(Diagnosing, forgets_failed_opens_of_an_earlier_generation) {
  story_.publish(config_);
  story_.fail_open(app_.main, config_, "app.yaml", EACCES);
  story_.pass(1s);
  story_.publish(config_);
  EXPECT_EQ(cause(), "no_watcher");
}

TEST_F(Diagnosing, forgets_failed_opens_of_observers) {
  const auto shell = story_.injected(app_, "sh");
  story_.publish(config_);
  story_.fail_open(shell, config_, "app.yaml", EACCES);
  EXPECT_EQ(cause(), "no_watcher");
}

TEST_F(EngineTest, calls_a_reader_bound_to_a_deleted_generation_stale_at_once) {
  StoryVolume& config = story_.config_map();
  story_.container_with("app", {Story::sub_path(config, "app.yaml")});
  story_.publish(config);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (subpath_pinned)"));
  EXPECT_THAT(told_.last().evidence, HasSubstr(config.old.fact.name));
}

TEST_F(EngineTest, does_not_mind_a_pinned_file_that_did_not_change) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  story_.container_with("app", {Story::sub_path(config, "a.yaml")});
  story_.publish(config, {{"a.yaml", "one"}, {"b.yaml", "two"}});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unchanged"));
}

TEST_F(EngineTest, does_not_mind_a_pinned_file_when_the_directory_is_mounted_too) {
  StoryVolume& config = story_.config_map();
  const auto app =
      story_.container_with("app", {Story::sub_path(config, "app.yaml"), Story::mount(config)});
  story_.publish(config);
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, knows_that_a_file_written_in_place_needs_other_events_than_a_swap) {
  StoryVolume& config = story_.plain_directory();
  const auto deaf = story_.container("deaf", {&config});
  const auto stuck = story_.container("stuck", {&config});
  watches_ = {story_.watch(deaf.main, config, "", IN_MOVED_TO | IN_CREATE),
              story_.watch(stuck.main, config, "", IN_CLOSE_WRITE)};
  story_.write_in_place(config, "app.yaml", "two");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(),
              ElementsAre("deaf: stale (mask_misses_swap)", "stuck: stale (event_not_consumed)"));
}

TEST_F(EngineTest, does_not_blame_a_watch_on_a_file_that_the_publish_did_not_touch) {
  StoryVolume& config = story_.plain_directory({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  watches_ = {story_.watch(app.main, config, "b.yaml", kFileMask)};
  story_.rename_onto(config, "a.yaml", "two");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
}

}  // namespace
}  // namespace reloadtrace::testing
