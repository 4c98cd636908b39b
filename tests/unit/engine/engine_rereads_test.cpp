// SPDX-License-Identifier: Apache-2.0
// What is a reread, of which files, and by whom.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Contents kTwoFiles{{"a.yaml", "one"}, {"b.yaml", "one"}};
const Contents kTwoFilesLater{{"a.yaml", "two"}, {"b.yaml", "two"}};

TEST_F(EngineTest, asks_only_for_the_changed_files_that_the_reader_uses) {
  StoryVolume& config = story_.config_map(kTwoFiles);
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.publish(config, kTwoFilesLater);
  story_.reread(app.main, config, "a.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, is_content_with_any_changed_file_of_a_reader_that_it_never_saw_read) {
  StoryVolume& config = story_.config_map(kTwoFiles);
  const auto app = story_.container("app", {&config});
  story_.publish(config, kTwoFilesLater);
  story_.reread(app.main, config, "b.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_not_ask_for_a_new_key_that_nobody_used_yet) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  Contents next = config.now.contents;
  next["new.yaml"] = "one";
  story_.publish(config, next);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unchanged"));
}

TEST_F(EngineTest, does_not_ask_for_a_key_that_was_removed) {
  StoryVolume& config = story_.config_map(kTwoFiles);
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.reread(app.main, config, "b.yaml");
  story_.publish(config, {{"a.yaml", "two"}});
  story_.reread(app.main, config, "a.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, never_counts_what_an_observer_reads) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  const auto cat = story_.injected(app, "cat");
  story_.reread(cat, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
  ASSERT_EQ(told_.last().observers.size(), 1U);
  EXPECT_EQ(told_.last().observers[0].comm, "cat");
}

TEST_F(EngineTest, does_not_ask_for_files_that_only_observers_opened) {
  StoryVolume& config = story_.config_map(kTwoFiles);
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.reread(story_.injected(app, "cat"), config, "b.yaml");
  story_.publish(config, kTwoFilesLater);
  story_.reread(app.main, config, "a.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, remembers_what_one_of_very_many_short_lived_children_read) {
  StoryVolume& config = story_.config_map({{"a", "one"}, {"b", "one"}, {"c", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a");
  story_.reread(app.main, config, "b");
  story_.publish(config, {{"a", "two"}, {"b", "two"}, {"c", "one"}});
  const auto run = [&](const char* file) {
    const auto cat = story_.child(app.main, "cat");
    story_.reread(cat, config, file);
    story_.exit(cat);
  };
  run("a");
  for (int i = 0; i < 3000; ++i) {
    run("c");
  }
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  run("b");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, never_makes_kubelet_a_reader) {
  StoryVolume& config = story_.config_map();
  story_.reread(story_.publisher(), config, "app.yaml");  // a resync before any publish
  story_.publish(config);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(EngineTest, never_makes_kubelet_a_reader_though_a_thread_of_it_was_seen_first) {
  StoryVolume& config = story_.config_map();
  Origin thread = story_.origin(story_.publisher());
  thread.tid += 7;
  told_.engine.observe(OpenEvent{thread, Story::file_ref(config, config.now, "app.yaml"),
                                 config.now.prefix + "app.yaml", 3, 0});
  auto fact = story_.publish_fact(config, config.now);
  fact.writer_tgid = 0;  // found by comparing
  fact.changed = {{"app.yaml", ChangeKind::Modified}};
  fact.at = story_.tick();
  told_.engine.observe(fact);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(EngineTest, makes_a_publisher_outside_containers_no_reader_of_what_it_publishes) {
  StoryVolume& config = story_.plain_directory();
  story_.publisher() = story_.process("consul-template");
  story_.reread(story_.publisher(), config, "app.yaml");
  story_.rename_onto(config, "app.yaml", "two");
  story_.reread(story_.publisher(), config, "app.yaml");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(EngineTest, still_counts_what_a_publishing_container_reads_of_other_volumes) {
  StoryVolume& config = story_.config_map();
  StoryVolume& output = story_.plain_directory();
  const auto sidecar = story_.container("reloader", {&config, &output});
  story_.publisher() = sidecar.main;
  story_.rename_onto(output, "app.yaml", "rendered");
  story_.publisher() = {900, {1'000'000'000}, "kubelet", "/usr/bin/kubelet", 1, "", 1};
  story_.publish(config);
  story_.reread(sidecar.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("reloader: reloaded"));
}

TEST_F(EngineTest, keeps_a_publisher_out_when_its_container_is_described_again) {
  StoryVolume& output = story_.plain_directory();
  auto sidecar = story_.container("git-sync", {&output});
  story_.publisher() = sidecar.main;
  story_.rename_onto(output, "app.yaml", "two");
  sidecar.fact.at = story_.tick();
  story_.deliver(sidecar.fact);
  story_.rename_onto(output, "app.yaml", "three");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(EngineTest, still_judges_a_container_into_which_somebody_copied_a_file_with_exec) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.publisher() = story_.injected(app, "tar");
  story_.write_in_place(config, "app.yaml", "two");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
}

TEST_F(EngineTest, counts_a_mapping_of_the_whole_file) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  story_.map(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
  EXPECT_THAT(told_.last().evidence, HasSubstr("mapped app.yaml"));
}

TEST_F(EngineTest, counts_an_empty_file_as_read_when_it_was_opened) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config, {{"app.yaml", ""}});
  story_.open(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, counts_pieces_read_backwards) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config, {{"app.yaml", std::string(300, 'x')}});
  story_.open(app.main, config, "app.yaml");
  for (const std::uint64_t offset : {200U, 100U, 0U}) {
    EXPECT_THAT(told_.verdicts(), IsEmpty());
    story_.read_part(app.main, config, "app.yaml", offset, 100);
  }
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, counts_what_a_recursive_watcher_read_before_the_publish) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  auto next = story_.prepare(config, {{"app.yaml", "two"}});
  story_.reread(app.main, config, next, "app.yaml");
  story_.pass(50ms);
  story_.swap(config, next);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
  EXPECT_EQ(told_.last().latency.read, 0ns);
  EXPECT_THAT(told_.last().evidence, HasSubstr("before the publish"));
}

TEST_F(EngineTest, does_not_know_what_a_reader_has_that_read_while_the_file_was_being_written) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  auto next = story_.prepare(config, {{"app.yaml", "two"}});
  FileRef half = Story::file_ref(config, next, "app.yaml");
  half.writer_present = true;
  story_.deliver(OpenEvent{story_.origin(app.main), half, next.prefix + "app.yaml", 3, 0});
  story_.deliver(ReadEvent{story_.origin(app.main), half, 0, half.size, 3});
  story_.swap(config, next);
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, does_not_accuse_a_reader_whose_reads_it_cannot_see) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  story_.open(app.main, config, "app.yaml");  // and then FICLONE
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, counts_a_reread_of_a_file_written_in_place) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.write_in_place(config, "app.yaml", "level: debug");
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, counts_a_reread_in_place_through_a_descriptor_kept_open) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.write_in_place(config, "app.yaml", "level: debug");
  story_.read(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_not_accuse_who_read_the_final_bytes_just_before_the_writer_closed) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  StoryGeneration during = config.now;
  during.fact.files[0].size = 12;
  FileRef half = Story::file_ref(config, during, "app.yaml");
  half.writer_present = true;
  const Origin writer = story_.origin(story_.publisher());
  story_.deliver(WriteOpenEvent{writer, half, "app.yaml", 9, 0});
  story_.deliver(OpenEvent{story_.origin(app.main), half, "app.yaml", 3, 0});
  story_.deliver(ReadEvent{story_.origin(app.main), half, 0, 12, 3});
  story_.write_in_place(config, "app.yaml", "level: debug");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, does_not_accuse_who_maps_a_file_that_was_written_in_place) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.map(app.main, config, "app.yaml");
  story_.write_in_place(config, "app.yaml", "level: debug");
  held_ = {Story::holds(config, config.now, "app.yaml", -1)};
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, counts_a_reread_of_a_file_that_was_renamed_into_place) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.rename_onto(config, "app.yaml", "two");
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_not_count_the_old_file_read_again_after_a_rename) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.rename_onto(config, "app.yaml", "two");
  story_.pass(1s);
  story_.read(app.main, config, config.old, "app.yaml");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (held_old_fd)"));
}

TEST_F(EngineTest, follows_generations_that_lie_below_a_child_of_the_root) {
  StoryVolume& git = story_.git_volume();
  const auto app = story_.container("app", {&git});
  story_.reread(app.main, git, "app.yaml");
  for (int i = 0; i < 3; ++i) {
    story_.pass(1s);
    story_.publish(git);
    story_.reread(app.main, git, "app.yaml");
  }
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded", "app: reloaded", "app: reloaded"));
  EXPECT_EQ(told_.last().files.at(0).file, "app.yaml");
  EXPECT_EQ(told_.last().files.at(0).generation, git.now.fact.name);
}

TEST_F(EngineTest, counts_reads_of_a_new_worktree_before_its_link_was_swapped) {
  StoryVolume& git = story_.git_volume();
  const auto app = story_.container("app", {&git});
  story_.reread(app.main, git, "app.yaml");
  auto next = story_.prepare(git, {{"app.yaml", "two"}});
  story_.pass(1s);
  story_.reread(app.main, git, next, "app.yaml");
  story_.pass(1s);
  story_.swap(git, next);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_not_take_an_old_read_for_one_of_a_file_with_the_same_inode) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  const StoryGeneration first = config.now;
  story_.publish(config);
  story_.pass(1s);
  StoryGeneration again = first;  // directory and file got the numbers of those deleted
  again.fact.name = "..2026_11_22_11_30_00.7";
  again.prefix = again.fact.name + "/";
  again.contents = {{"app.yaml", "level: infX"}};
  story_.swap(config, again);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: superseded"));
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: superseded", "app: reloaded"));
}

}  // namespace
}  // namespace reloadtrace::testing
