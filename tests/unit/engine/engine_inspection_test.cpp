// SPDX-License-Identifier: Apache-2.0
// Before an accusation the host is asked to look; how and when it answers must not matter.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(EngineTest, looks_at_every_application_process_before_it_accuses) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  const auto worker = story_.child(app.main, "worker");
  story_.injected(app, "cat");
  story_.publish(config);
  EXPECT_THAT(asked_, IsEmpty());
  pass_deadline();
  EXPECT_THAT(asked_, ElementsAre(app.main.tgid, worker.tgid));
}

TEST_F(EngineTest, looks_at_nobody_who_reloaded) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  story_.reread(app.main, config, "app.yaml");
  pass_deadline();
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(EngineTest, waits_for_facts_that_come_later) {
  silent_ = true;
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.pass(500ms);
  story_.inspect(app.main, {}, {Story::holds(config, config.old, "app.yaml", 4)});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (held_old_fd)"));
}

TEST_F(EngineTest, gives_up_waiting_for_facts_that_never_come) {
  silent_ = true;
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.pass(2s);
  told_.engine.advance_to(story_.now());
  ASSERT_EQ(told_.verdicts().size(), 1U);
  EXPECT_EQ(told_.last().verdict, Verdict::Stale);
}

TEST_F(EngineTest, waits_for_facts_also_when_it_notices_the_deadline_much_too_late) {
  silent_ = true;
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  story_.pass(1h);
  told_.engine.advance_to(story_.now());
  story_.inspect(app.main, {}, {Story::holds(config, config.old, "app.yaml", 4)});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (held_old_fd)"));
}

TEST_F(EngineTest, judges_each_reader_once_when_many_deadlines_are_noticed_too_late) {
  StoryVolume& config = story_.config_map();
  StoryVolume& other = story_.atomic_volume(VolumeKind::ConfigMap, "other", {{"app.yaml", "one"}});
  const auto a = story_.container("a", {&config, &other});
  story_.container("b", {&config, &other});
  held_ = {Story::holds(config, config.now, "app.yaml", 4)};
  held_[0].tgid = a.main.tgid;
  story_.publish(config);
  story_.publish(other);
  story_.pass(1h);
  told_.engine.advance_to(story_.now());
  EXPECT_THAT(told_.verdicts(), ElementsAre("a: stale (held_old_fd)", "b: stale (no_watcher)",
                                            "a: stale (no_watcher)", "b: stale (no_watcher)"));
}

TEST_F(EngineTest, judges_in_the_same_order_when_all_that_are_due_wait_for_their_answers) {
  silent_ = true;  // as in a replay
  StoryVolume& config = story_.config_map();
  StoryVolume& other = story_.atomic_volume(VolumeKind::ConfigMap, "other", {{"app.yaml", "one"}});
  const auto a = story_.container("a", {&config, &other});
  const auto b = story_.container("b", {&config, &other});
  story_.publish(other);
  story_.publish(config);
  story_.pass(Story::kDeadline + 1s);
  told_.engine.advance_to(story_.now());
  const auto volumes = [this] {
    Lines out;
    for (const Report& report : told_.reports) {
      if (const auto* reload = std::get_if<ReloadReport>(&report)) {
        out.push_back(reload->reader.name + " of " + reload->volume.name);
      }
    }
    return out;
  };
  for (int times = 0; times < 2; ++times) {
    story_.inspect(a.main);
    story_.inspect(b.main);
  }
  EXPECT_THAT(volumes(), ElementsAre("a of other", "b of other", "a of config", "b of config"));
}

TEST_F(EngineTest, takes_a_reread_that_comes_while_it_waits) {
  silent_ = true;
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.reread(app.main, config, "app.yaml");
  story_.inspect(app.main);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_not_wait_for_a_process_that_exits_meanwhile) {
  silent_ = true;
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  const auto worker = story_.child(app.main, "worker");
  story_.publish(config);
  pass_deadline();
  story_.inspect(app.main);
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.exit(worker);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
}

TEST_F(EngineTest, concludes_the_same_from_a_stream_that_holds_the_facts_already) {
  // A replay: nobody is asked, the facts of the recording come in the stream.
  std::vector<Report> reports;
  Engine engine(
      {}, [&](const Report& report) { reports.push_back(report); }, nullptr);
  Story story([&](const Event& event) { engine.observe(event); });
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  story.ready();
  story.publish(config);
  story.pass(Story::kDeadline + 5ms);
  story.inspect(app.main, {}, {Story::holds(config, config.old, "app.yaml", 4)});
  ASSERT_FALSE(reports.empty());
  const auto* reload = std::get_if<ReloadReport>(&reports.back());
  ASSERT_NE(reload, nullptr);
  EXPECT_EQ(reload->cause, Cause::HeldOldFd);
}

TEST_F(EngineTest, learns_from_a_look_which_files_a_process_uses) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.inspect(app.main, {}, {Story::holds(config, config.now, "a.yaml", 4)});
  story_.publish(config, {{"a.yaml", "one"}, {"b.yaml", "two"}});
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: unchanged"));
}

TEST_F(EngineTest, makes_a_process_a_reader_that_a_look_finds_watching) {
  StoryVolume& config = story_.plain_directory();
  const auto app = story_.process("app");
  StoryWatch watch;
  watch.process = app;
  watch.fact.fd = 5;
  watch.fact.wd = 1;
  watch.fact.mask = kDirectoryMask;
  watch.fact.volume = watch.fact.target = config.fact.id;
  story_.inspect(app, {watch});
  watches_ = {watch};
  story_.rename_onto(config, "app.yaml", "two");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (event_not_consumed)"))
      << told_.last().evidence;
}

TEST_F(EngineTest, does_not_say_that_nothing_is_watched_when_it_could_not_look) {
  // The process is older than the trace, and nobody ever told of its watches.
  silent_ = true;
  StoryVolume& config = story_.config_map();
  ContainerFact fact;
  fact.at = story_.tick();
  fact.id = "feedface";
  fact.name = "old";
  fact.main = 77;
  fact.mounts = {Story::mount(config)};
  story_.deliver(fact);
  story_.deliver(
      ProcessFact{story_.tick(), 77, {5}, 1, "old", "", "feedface", ProcessRole::Application});
  story_.publish(config);
  pass_deadline();
  story_.pass(2s);
  told_.engine.advance_to(story_.now());
  EXPECT_THAT(told_.verdicts(), ElementsAre("old: stale"));
  EXPECT_THAT(told_.last().evidence, HasSubstr("could not be looked at"));
}

}  // namespace
}  // namespace reloadtrace::testing
