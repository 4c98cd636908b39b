// SPDX-License-Identifier: Apache-2.0
// What cannot be known is never held against a reader.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Losing : public EngineTest, public ::testing::WithParamInterface<LossCause> {};

TEST_P(Losing, makes_a_silent_reader_unknown_and_never_stale) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.lose(GetParam(), 7);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
  EXPECT_TRUE(told_.last().degraded);
  EXPECT_THAT(told_.last().evidence, HasSubstr("7 events were lost"));
}

INSTANTIATE_TEST_SUITE_P(Causes,
                         Losing,
                         ::testing::Values(LossCause::FactsRingFull,
                                           LossCause::ActivityRingFull,
                                           LossCause::MapFull,
                                           LossCause::ReadFault,
                                           LossCause::Undecodable));

TEST_F(EngineTest, still_believes_a_reread_that_it_saw_though_something_was_lost) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  story_.lose(LossCause::ActivityRingFull);
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
  EXPECT_TRUE(told_.last().degraded);
}

TEST_F(EngineTest, does_not_let_a_loss_before_the_publish_blur_the_verdict) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.lose(LossCause::ActivityRingFull);
  story_.pass(1s);
  story_.publish(config);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
  EXPECT_FALSE(told_.last().degraded);
}

TEST_F(EngineTest, does_not_let_a_loss_during_an_earlier_publish_blur_one_of_the_same_inode) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.write_in_place(config, "app.yaml", "two");
  story_.reread(app.main, config, "app.yaml");
  story_.lose(LossCause::ActivityRingFull);
  story_.pass(60s);
  story_.write_in_place(config, "app.yaml", "three");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded", "app: stale (no_watcher)"));
}

TEST_F(EngineTest, makes_torn_and_partial_unknown_too_when_something_was_lost) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.reread(app.main, config, "b.yaml");
  story_.publish(config, {{"a.yaml", "two"}, {"b.yaml", "two"}});
  story_.reread(app.main, config, "a.yaml");
  story_.lose(LossCause::ActivityRingFull);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

class WithoutHook : public EngineTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(WithoutHook, makes_a_silent_reader_unknown_and_names_the_hook) {
  story_.begin(Story::hooks_without(GetParam()));
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
  EXPECT_THAT(told_.last().evidence, HasSubstr(GetParam()));
  EXPECT_TRUE(told_.last().degraded);
}

INSTANTIATE_TEST_SUITE_P(Hooks, WithoutHook, ::testing::Values("open", "read", "mmap", "publish"));

TEST_F(EngineTest, gives_no_cause_that_needs_watches_when_it_cannot_see_them) {
  story_.begin(Story::hooks_without("inotify"));
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale"));
  EXPECT_TRUE(told_.last().degraded);
}

TEST_F(EngineTest, says_unknown_when_the_contents_were_gone_before_they_could_be_compared) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.container_with("pinned", {Story::sub_path(config, "app.yaml")});
  auto fact = story_.publish_fact(config, story_.prepare(config, {{"app.yaml", "two"}}));
  fact.contents_known = false;
  fact.at = story_.tick();
  story_.deliver(fact);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("pinned: unknown", "app: unknown"));
}

TEST_F(EngineTest, does_not_call_a_file_unchanged_that_it_could_not_compare) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"too/deep.yaml", "one"}});
  const auto deep = story_.container("deep", {&config});
  const auto flat = story_.container("flat", {&config});
  story_.reread(deep.main, config, "too/deep.yaml");
  story_.reread(flat.main, config, "a.yaml");
  auto fact = story_.publish_fact(config, story_.prepare(config, {{"a.yaml", "one"}}));
  fact.changed.clear();  // what is too deep was not looked at, before or after
  fact.contents_known = false;
  fact.at = story_.tick();
  story_.deliver(fact);
  EXPECT_THAT(told_.verdicts(), ElementsAre("deep: unknown", "flat: unchanged"));
}

TEST_F(EngineTest, says_unknown_of_a_container_in_which_it_sees_no_process) {
  StoryVolume& config = story_.config_map();
  ContainerFact fact;
  fact.at = story_.tick();
  fact.id = "feedface";
  fact.name = "kata";
  fact.mounts = {Story::mount(config)};
  story_.deliver(fact);
  story_.publish(config);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("kata: unknown"));
}

TEST_F(EngineTest, does_not_accuse_a_process_that_went_away_unseen) {
  StoryVolume& config = story_.plain_directory();
  const auto vim = story_.process("less");
  story_.reread(vim, config, "app.yaml");
  story_.rename_onto(config, "app.yaml", "two");
  complete_ = false;
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("less: unknown"));
}

TEST_F(EngineTest, does_not_accuse_a_process_whose_pid_was_used_again) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.process("app");
  story_.reread(app, config, "app.yaml");
  story_.rename_onto(config, "app.yaml", "two");
  story_.pass(1s);
  auto other = app;
  other.started = story_.tick();
  other.comm = "other";
  story_.open(other, config, "app.yaml");
  story_.read(other, config, "app.yaml");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: exited"));
}

TEST_F(EngineTest, does_not_accuse_a_ghost_that_a_read_after_its_exit_raised) {
  StoryVolume& config = story_.plain_directory();
  const auto cat = story_.process("cat");
  story_.open(cat, config, "app.yaml");
  story_.exit(cat);
  story_.read(cat, config, "app.yaml");  // came late
  complete_ = false;                     // nobody is there when it is looked at
  story_.rename_onto(config, "app.yaml", "two");
  pass_deadline();
  for (const std::string& verdict : told_.verdicts()) {
    EXPECT_EQ(verdict.find("stale"), std::string::npos) << verdict;
  }
}

TEST_F(EngineTest, does_not_accuse_who_holds_the_new_file_without_an_open_that_was_seen) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  held_ = {Story::holds(config, config.now, "app.yaml", 4)};
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, does_not_call_partial_who_holds_the_other_file_without_an_open_that_was_seen) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.db", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.map(app.main, config, "b.db");
  story_.pass(1s);
  story_.publish(config, {{"a.yaml", "two"}, {"b.db", "two"}});
  story_.reread(app.main, config, "a.yaml");
  held_ = {Story::holds(config, config.now, "b.db", -1)};
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, does_not_take_a_look_at_the_old_file_for_a_read_of_it) {
  StoryVolume& config = story_.config_map({{"tls.crt", "one"}, {"tls.key", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "tls.crt");
  story_.reread(app.main, config, "tls.key");
  story_.pass(1s);
  auto next = story_.prepare(config, {{"tls.crt", "two"}, {"tls.key", "two"}});
  story_.pass(1s);
  story_.open(app.main, config, "tls.crt");  // fstat, close
  story_.swap(config, next);
  story_.reread(app.main, config, "tls.key");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: partial (incomplete_read)"));
}

TEST_F(EngineTest, does_not_accuse_a_mount_of_a_directory_that_a_rename_happens_in) {
  StoryVolume& config = story_.plain_directory({{"conf.d/app.yaml", "one"}});
  const auto app = story_.container_with("app", {Story::sub_path(config, "conf.d")});
  story_.rename_onto(config, "conf.d/app.yaml", "two");
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.reread(app.main, config, "conf.d/app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_not_accuse_a_bound_file_that_is_written_in_place) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.container_with("app", {Story::sub_path(config, "app.yaml")});
  story_.write_in_place(config, "app.yaml", "two");
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, asks_a_reader_with_bound_parts_only_for_what_lies_in_them) {
  StoryVolume& config = story_.plain_directory({{"a/x", "one"}, {"b/x", "one"}});
  story_.container_with("app", {Story::sub_path(config, "a")});
  story_.write_in_place(config, "b/x", "two");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unchanged"));
}

TEST_F(EngineTest, calls_nobody_stale_once_the_hook_of_mappings_was_shed) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.shed("mmap");  // after the publish that is still open
  pass_deadline();
  story_.publish(config, {{"app.yaml", "level: trace"}});
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown", "app: unknown"));
  EXPECT_TRUE(told_.last().degraded);
  EXPECT_THAT(told_.last().evidence, HasSubstr("the hook mmap is missing"));
}

TEST_F(EngineTest, names_no_cause_that_a_hook_which_was_shed_might_refute) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.shed("poll");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale"));
  EXPECT_TRUE(told_.last().degraded);
  EXPECT_THAT(told_.last().evidence,
              HasSubstr("whether it looks at intervals cannot be seen (the hook poll is missing)"));
}

TEST_F(EngineTest, leaves_verdicts_from_before_a_hook_was_shed_as_they_are) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.shed("poll");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
  EXPECT_FALSE(told_.last().degraded);
}

TEST_F(EngineTest, still_believes_a_reread_after_a_hook_was_shed) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.shed("mmap");
  story_.publish(config);
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
  EXPECT_TRUE(told_.last().degraded);
}

}  // namespace
}  // namespace reloadtrace::testing
