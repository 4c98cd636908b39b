// SPDX-License-Identifier: Apache-2.0
// Each verdict, in its plainest form.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(EngineTest, calls_a_reader_reloaded_when_it_read_the_new_file_to_its_end) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.publish(config);
  story_.pass(2ms);
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, measures_from_the_publish) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  const auto watch = story_.watch(app.main, config, "", kDirectoryMask);
  const Timestamp at = story_.publish(config);
  story_.pass(400us);
  story_.notify(watch, IN_MOVED_TO, "..data");
  story_.pass(1ms);
  story_.open(app.main, config, "app.yaml");
  story_.read(app.main, config, "app.yaml");
  const ReloadReport& report = told_.last();
  EXPECT_EQ(report.publish.at, at);
  EXPECT_EQ(report.latency.notified, 400us + Story::kTick);
  EXPECT_EQ(report.latency.opened, 1400us + 2 * Story::kTick);
  EXPECT_EQ(report.latency.read, 1400us + 3 * Story::kTick);
  ASSERT_TRUE(report.trigger);
  EXPECT_EQ(report.trigger->detail, "IN_MOVED_TO ..data");
}

TEST_F(EngineTest, calls_a_silent_container_stale_at_the_deadline_and_not_before) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.pass(Story::kDeadline - 1ms);
  told_.engine.advance_to(story_.now());
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.pass(2ms);
  told_.engine.advance_to(story_.now());
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
}

TEST_F(EngineTest, calls_a_reread_after_the_deadline_late) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)", "app: late"));
}

TEST_F(EngineTest, says_late_once) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.reread(app.main, config, "app.yaml");
  story_.reread(app.main, config, "app.yaml");
  EXPECT_EQ(told_.verdicts().size(), 2U);
}

TEST_F(EngineTest, calls_a_reader_partial_that_read_not_all_of_what_it_uses) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.reread(app.main, config, "b.yaml");
  story_.pass(1s);
  story_.publish(config, {{"a.yaml", "two"}, {"b.yaml", "two"}});
  story_.reread(app.main, config, "a.yaml");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: partial (incomplete_read)"));
  EXPECT_THAT(told_.last().evidence, HasSubstr("b.yaml"));
}

TEST_F(EngineTest, calls_a_reader_partial_that_stopped_in_the_middle_of_a_file) {
  StoryVolume& config = story_.config_map({{"app.yaml", std::string(800, 'a')}});
  const auto app = story_.container("app", {&config});
  story_.publish(config, {{"app.yaml", std::string(812, 'b')}});
  story_.open(app.main, config, "app.yaml");
  story_.read_part(app.main, config, "app.yaml", 0, 100);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: partial (incomplete_read)"));
  EXPECT_THAT(told_.last().evidence, HasSubstr("100 of 812 bytes"));
}

TEST_F(EngineTest, calls_a_burst_that_mixed_generations_torn) {
  StoryVolume& config = story_.config_map({{"tls.crt", "one"}, {"tls.key", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "tls.crt");
  story_.reread(app.main, config, "tls.key");
  story_.pass(1s);
  auto next = story_.prepare(config, {{"tls.crt", "two"}, {"tls.key", "two"}});
  story_.reread(app.main, config, "tls.crt");
  story_.swap(config, next);
  story_.reread(app.main, config, "tls.key");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: torn (mixed_generations)"));
}

TEST_F(EngineTest, forgets_a_torn_pair_when_a_clean_reread_follows) {
  StoryVolume& config = story_.config_map({{"tls.crt", "one"}, {"tls.key", "one"}});
  const auto app = story_.container("app", {&config});
  auto next = story_.prepare(config, {{"tls.crt", "two"}, {"tls.key", "two"}});
  story_.reread(app.main, config, "tls.crt");
  story_.reread(app.main, config, "tls.key");
  story_.swap(config, next);
  story_.reread(app.main, config, "tls.key");
  story_.pass(1s);
  story_.reread(app.main, config, "tls.crt");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, says_unchanged_at_once_when_no_file_in_use_changed) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.publish(config, {{"a.yaml", "one"}, {"b.yaml", "two"}});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unchanged"));
}

TEST_F(EngineTest, calls_a_reader_restarted_when_the_process_that_read_began_later) {
  StoryVolume& config = story_.config_map();
  auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "app.yaml");
  story_.publish(config);
  story_.pass(1s);
  story_.exec(app.main, "app");
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: restarted"));
  EXPECT_EQ(told_.last().trigger->kind, TriggerKind::Restart);
}

TEST_F(EngineTest, calls_workers_forked_anew_by_an_old_master_reloaded) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("nginx", {&config});
  story_.publish(config);
  const auto worker = story_.child(app.main, "nginx");
  story_.reread(worker, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("nginx: reloaded"));
}

TEST_F(EngineTest, calls_a_reader_superseded_when_the_next_publish_came_first) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.pass(1s);
  story_.publish(config);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: superseded"));
}

TEST_F(EngineTest, calls_a_reader_exited_that_ended_first) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  const auto other = story_.container("other", {&config});
  story_.publish(config);
  story_.exit(app.main);
  story_.gone(other);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: exited", "other: exited"));
  pass_deadline();
  EXPECT_EQ(told_.verdicts().size(), 2U);
}

TEST_F(EngineTest, leaves_undecided_readers_pending_when_it_is_stopped) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.end();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: pending"));
  const auto& stop = std::get<StopReport>(told_.reports.back());
  EXPECT_EQ(stop.totals, (std::map<std::string, std::uint64_t>{{"pending", 1}}));
}

TEST_F(EngineTest, says_unknown_when_all_that_a_reader_uses_was_removed) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.publish(config, {{"b.yaml", "one"}});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, says_unknown_when_the_volume_vanished) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.deliver(VolumeGoneFact{story_.tick(), config.fact.id});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unknown"));
}

TEST_F(EngineTest, announces_how_many_verdicts_a_publish_will_have) {
  StoryVolume& config = story_.config_map();
  story_.container("a", {&config});
  story_.container("b", {&config});
  story_.container("elsewhere", {&story_.plain_directory()});
  story_.publish(config);
  ASSERT_EQ(told_.count<PublishReport>(), 1U);
  EXPECT_EQ(std::get<PublishReport>(told_.reports.back()).readers, 2U);
  pass_deadline();
  EXPECT_EQ(told_.verdicts().size(), 2U);
}

}  // namespace
}  // namespace reloadtrace::testing
