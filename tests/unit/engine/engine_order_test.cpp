// SPDX-License-Identifier: Apache-2.0
// Streams are merged from many processors: neighbours may swap, and a record may come twice.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(EngineTest, lets_identity_decide_when_the_reread_came_before_the_publish_fact) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  auto next = story_.prepare(config, {{"app.yaml", "two"}});
  story_.pass(1s);
  story_.reread(app.main, config, next, "app.yaml");
  story_.swap(config, next);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, does_the_same_when_the_preparation_was_not_seen) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  std::vector<Event> unseen;
  Story elsewhere([&](const Event& event) { unseen.push_back(event); });
  StoryGeneration next = config.now;
  next.fact.name = "..2026_11_22_11_40_00.9";
  next.prefix = next.fact.name + "/";
  next.child = 5000;
  next.fact.directory.ino = 5000;
  next.fact.files[0].ino = 5001;
  next.contents = {{"app.yaml", "LEVEL: INFO"}};
  story_.reread(app.main, config, next, "app.yaml");
  story_.swap(config, next);
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, takes_a_read_that_overtook_its_open) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  story_.read(app.main, config, "app.yaml");
  story_.open(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, takes_events_that_come_twice) {
  EngineOptions options;
  ToldEngine twice(options);
  Story story([&](const Event& event) {
    twice.engine.observe(event);
    twice.engine.observe(event);
  });
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  const auto idle = story.container("idle", {&config});
  story.publish(config);
  story.reread(app.main, config, "app.yaml");
  story.pass(Story::kDeadline);
  story.inspect(idle.main);
  EXPECT_THAT(twice.verdicts(), ElementsAre("app: reloaded", "idle: stale (no_watcher)"));
}

TEST_F(EngineTest, takes_a_publish_that_is_announced_twice_for_one) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  auto next = story_.prepare(config, {{"app.yaml", "two"}});
  auto fact = story_.publish_fact(config, next);
  fact.at = story_.tick();
  story_.deliver(fact);
  story_.deliver(fact);
  story_.reread(app.main, config, next, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, judges_the_second_of_two_publishes_within_a_millisecond) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config, {{"app.yaml", "two"}});
  story_.publish(config, {{"app.yaml", "three"}});
  story_.reread(app.main, config, config.old, "app.yaml");  // not the latest
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: superseded"));
  story_.reread(app.main, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: superseded", "app: reloaded"));
}

TEST_F(EngineTest, gives_the_first_of_two_quick_publishes_its_reread) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config, {{"app.yaml", "two"}});
  story_.reread(app.main, config, "app.yaml");
  story_.publish(config, {{"app.yaml", "three"}});
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded", "app: stale (no_watcher)"));
}

TEST_F(EngineTest, forgets_an_exit_that_came_after_the_pid_was_used_again) {
  StoryVolume& config = story_.plain_directory();
  auto old = story_.process("old");
  const Origin late = story_.origin(old);
  auto app = old;
  app.comm = "app";
  story_.pass(1s);
  app.started = story_.tick();
  story_.reread(app, config, "app.yaml");
  story_.rename_onto(config, "app.yaml", "two");
  story_.deliver(ExitEvent{{story_.tick(), late.started, 1, old.tgid, old.tgid, "old"}, 0});
  story_.reread(app, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, never_counts_what_an_observer_read_though_it_is_told_after_its_exit) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  const auto cat = story_.injected(app, "cat");
  story_.open(cat, config, "app.yaml");
  story_.exit(cat);
  story_.read(cat, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  pass_deadline();
  EXPECT_THAT(asked_, ElementsAre(app.main.tgid));
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (no_watcher)"));
}

TEST_F(EngineTest, counts_what_a_worker_read_though_it_is_told_after_its_exit) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  const auto worker = story_.child(app.main, "worker");
  story_.publish(config);
  story_.open(worker, config, "app.yaml");
  story_.exit(worker);
  story_.read(worker, config, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, finds_a_reader_whatever_order_its_facts_come_in) {
  std::vector<Event> facts;
  Story recorder([&](const Event& event) { facts.push_back(event); });
  StoryVolume& config = recorder.config_map();
  const auto app = recorder.container("app", {&config});
  ASSERT_EQ(facts.size(), 3U);
  std::sort(facts.begin(), facts.end(),
            [](const Event& a, const Event& b) { return a.index() < b.index(); });
  do {
    ToldEngine told;
    const Timestamp at = recorder.now();
    for (Event fact : facts) {
      std::visit(
          [&]<class T>(T& f) {
            if constexpr (requires { f.at; }) {
              f.at = at;
            }
          },
          fact);
      told.engine.observe(fact);
    }
    Story story([&](const Event& event) { told.engine.observe(event); });
    story.pass(1s);
    StoryVolume copy = config;
    story.publish(copy);
    story.reread(app.main, copy, "app.yaml");
    EXPECT_THAT(told.verdicts(), ElementsAre("app: reloaded"))
        << facts[0].index() << facts[1].index() << facts[2].index();
  } while (std::next_permutation(facts.begin(), facts.end(), [](const Event& a, const Event& b) {
    return a.index() < b.index();
  }));
}

TEST_F(EngineTest, moves_what_a_process_did_to_its_container_when_that_becomes_known) {
  StoryVolume& config = story_.config_map();
  StoryProcess early = story_.process("app");
  story_.reread(early, config, "app.yaml");
  ContainerFact container;
  container.at = story_.tick();
  container.id = "feedface";
  container.name = "app";
  container.main = early.tgid;
  container.mounts = {Story::mount(config)};
  story_.deliver(container);
  early.container = container.id;
  story_.deliver(ProcessFact{story_.tick(), early.tgid, early.started, 1, "app", "", container.id,
                             ProcessRole::Application});
  EXPECT_EQ(told_.engine.readers(), 1U);
  story_.publish(config);
  story_.reread(early, config, "app.yaml");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(EngineTest, moves_a_process_whose_cgroup_turns_out_to_be_a_container) {
  StoryVolume& config = story_.config_map();
  StoryProcess early;
  early.tgid = 4711;
  early.started = {1000};
  early.comm = "app";
  early.cgroup = 8888;
  story_.reread(early, config, "app.yaml");
  ContainerFact container;
  container.at = story_.tick();
  container.id = "feedface";
  container.name = "app";
  container.cgroup_ids = {8888};
  container.mounts = {Story::mount(config)};
  story_.deliver(container);
  story_.publish(config);
  story_.reread(early, config, "app.yaml");
  pass_deadline();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

}  // namespace
}  // namespace reloadtrace::testing
