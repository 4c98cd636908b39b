// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/judge.h"

#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

Publish publish_of(std::uint64_t ino, std::uint64_t directory) {
  Publish publish;
  publish.fact.at = {1'000'000'000};
  publish.fact.to.directory = {1, directory};
  publish.fact.changed = {{"app.yaml", ChangeKind::Modified}};
  publish.files["app.yaml"] = {"app.yaml", ino, 12, 1};
  publish.prepared = {900'000'000};
  return publish;
}

FileUse use_at(std::uint64_t ino, std::uint64_t generation, std::uint64_t ns) {
  FileUse use;
  use.file = "app.yaml";
  use.inode = {1, ino};
  use.generation_ino = generation;
  use.opened = {ns};
  return use;
}

TEST(IsOf, goes_by_inode) {
  EXPECT_TRUE(is_of(use_at(11, 10, 2'000'000'000), publish_of(11, 10)));
  EXPECT_FALSE(is_of(use_at(9, 8, 2'000'000'000), publish_of(11, 10)));
}

TEST(IsOf, goes_by_the_generation_when_the_inode_is_not_known) {
  EXPECT_TRUE(is_of(use_at(11, 10, 2'000'000'000), publish_of(0, 10)));
  EXPECT_FALSE(is_of(use_at(11, 8, 2'000'000'000), publish_of(0, 10)));
  EXPECT_FALSE(is_of(use_at(11, 0, 2'000'000'000), publish_of(0, 0)));
}

TEST(IsOf, refuses_what_was_read_before_the_generation_was_begun) {
  EXPECT_FALSE(is_of(use_at(11, 10, 800'000'000), publish_of(11, 10)));
  EXPECT_TRUE(is_of(use_at(11, 10, 950'000'000), publish_of(11, 10)));
}

TEST(IsOf, refuses_what_was_read_before_a_file_was_written_in_place) {
  Publish publish = publish_of(11, 0);
  publish.fact.style = PublishStyle::InPlace;
  EXPECT_FALSE(is_of(use_at(11, 0, 999'000'000), publish));
  EXPECT_TRUE(is_of(use_at(11, 0, 1'000'000'001), publish));
}

TEST(IsOf, refuses_files_that_the_generation_does_not_have) {
  FileUse use = use_at(11, 10, 2'000'000'000);
  use.file = "other.yaml";
  EXPECT_FALSE(is_of(use, publish_of(11, 10)));
}

class Triggers : public EngineTest {
 protected:
  TriggerInfo trigger() const { return told_.last().trigger.value_or(TriggerInfo{}); }
  StoryVolume& config_ = story_.config_map();
  StoryContainer app_ = story_.container("app", {&config_});
};

TEST_F(Triggers, names_the_event_that_tells_of_the_swap_among_those_taken_at_once) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.publish(config_);
  story_.notify_of_swap(watch, config_);  // the deletion of the old directory comes last
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Inotify);
  EXPECT_EQ(trigger().detail, "IN_MOVED_TO ..data");
}

TEST_F(Triggers, names_the_death_of_the_file_rather_than_that_of_the_watch) {
  const auto watch = story_.watch(app_.main, config_, "app.yaml", kFileMask);
  story_.publish(config_);
  story_.notify_of_death(watch);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().detail, "IN_DELETE_SELF");
}

TEST_F(Triggers, takes_no_event_that_came_after_the_open) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.publish(config_);
  story_.open(app_.main, config_, "app.yaml");
  story_.notify_of_swap(watch, config_);
  story_.read(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Unknown);
  EXPECT_FALSE(told_.last().latency.notified);
}

TEST_F(Triggers, takes_no_event_of_an_earlier_publish) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  story_.publish(config_);
  story_.notify_of_swap(watch, config_);
  story_.pass(1s);
  story_.publish(config_);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Unknown);
}

TEST_F(Triggers, recognizes_a_poller_by_its_even_intervals) {
  for (int i = 0; i < 4; ++i) {
    story_.reread(app_.main, config_, "app.yaml");
    story_.pass(5s);
  }
  story_.publish(config_);
  story_.pass(2s);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Poll);
  EXPECT_THAT(trigger().detail, ::testing::HasSubstr("5.0 s"));
}

TEST_F(Triggers, takes_uneven_opens_for_no_poller) {
  for (const auto gap : {1s, 20s, 3s}) {
    story_.reread(app_.main, config_, "app.yaml");
    story_.pass(gap);
  }
  story_.publish(config_);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Unknown);
}

TEST_F(Triggers, says_how_long_after_the_publish_a_restarted_process_began) {
  story_.publish(config_);
  story_.pass(2s);
  story_.exec(app_.main, "app");
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Restart);
  EXPECT_THAT(trigger().detail, ::testing::HasSubstr("2.0 s after the publish"));
}

TEST_F(Triggers, calls_an_exec_that_answered_the_swap_before_its_rename_returned_a_restart) {
  const auto watch = story_.watch(app_.main, config_, "", kDirectoryMask);
  auto next = story_.prepare(config_, {{"app.yaml", "two"}});
  story_.pass(2ms);
  story_.notify(watch, IN_MOVED_TO, "..data");
  story_.exec(app_.main, "app");
  story_.pass(3ms);  // the publisher had lost the processor
  story_.swap(config_, next);
  story_.reread(app_.main, config_, "app.yaml");
  EXPECT_EQ(trigger().kind, TriggerKind::Restart);
}

TEST_F(Triggers, calls_a_circle_of_parents_no_restart_and_does_not_hang) {
  StoryProcess a = app_.main;
  StoryProcess b = story_.child(a, "b");
  a.parent = b.tgid;  // pids were used again
  story_.deliver(ProcessFact{story_.tick(), a.tgid, a.started, b.tgid, "a", "", a.container,
                             ProcessRole::Application});
  story_.publish(config_);
  story_.reread(b, config_, "app.yaml");
  EXPECT_EQ(told_.last().verdict, Verdict::Reloaded);
}

}  // namespace
}  // namespace reloadtrace::testing
