// SPDX-License-Identifier: Apache-2.0
// A publish from before the trace: readers are judged by what they hold, and by nothing else.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Missed : public ::testing::Test {
 protected:
  Missed() { story_.begin(); }

  // Containers that are made before this began before the publish.
  void published_unseen() {
    story_.pass(1h);
    old_ = config_.now;
    config_.fact.published = story_.tick();
    config_.old = config_.now;
    config_.now = story_.prepare(config_, Story::changed({{"app.yaml", "x"}}, "app.yaml", "new"));
    config_.fact.current = config_.now.fact;
    story_.deliver(config_.fact);
  }
  void begin_to_trace(Duration after = 1h) {
    story_.pass(after);
    story_.ready();
  }

  ToldEngine told_;
  Story story_{[this](const Event& event) { told_.engine.observe(event); }};
  StoryVolume& config_ = story_.config_map();
  StoryGeneration old_;
};

TEST_F(Missed, leaves_a_reader_stale_that_holds_the_deleted_file_open) {
  const auto app = story_.container("app", {&config_});
  published_unseen();
  HeldFact held = Story::holds(config_, old_, "app.yaml", 4);
  held.unlinked = true;
  story_.inspect(app.main, {}, {held});
  begin_to_trace();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (held_old_fd)"));
  EXPECT_TRUE(told_.last().degraded);
  EXPECT_EQ(told_.last().publish.to, config_.now.fact.name);
}

TEST_F(Missed, leaves_a_reader_stale_that_mounts_a_file_of_the_old_generation) {
  story_.container_with("app", {Story::sub_path(config_, "app.yaml")});
  published_unseen();
  begin_to_trace();
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (subpath_pinned)"));
}

TEST_F(Missed, says_unknown_of_the_neighbours_of_one_that_was_left_behind) {
  story_.container_with("pinned", {Story::sub_path(config_, "app.yaml")});
  story_.container("app", {&config_});
  published_unseen();
  begin_to_trace();
  EXPECT_THAT(told_.verdicts(), ElementsAre("pinned: stale (subpath_pinned)", "app: unknown"));
}

TEST_F(Missed, says_nothing_when_it_left_nobody_behind_and_its_time_is_over) {
  story_.container("app", {&config_});
  published_unseen();
  begin_to_trace();
  story_.pass(Story::kDeadline);
  told_.engine.advance_to(story_.now());
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(Missed, says_nothing_of_a_reader_that_began_after_it) {
  published_unseen();
  story_.pass(1s);
  story_.container("app", {&config_});
  begin_to_trace();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(Missed, accuses_nobody_who_also_holds_the_new_file) {
  const auto app = story_.container("app", {&config_});
  published_unseen();
  HeldFact held = Story::holds(config_, old_, "app.yaml", 4);
  held.unlinked = true;
  story_.inspect(app.main, {}, {held, Story::holds(config_, config_.now, "app.yaml", 5)});
  begin_to_trace();
  EXPECT_THAT(told_.verdicts(), IsEmpty());
}

TEST_F(Missed, waits_for_the_deadline_of_a_publish_that_is_young) {
  const auto app = story_.container("app", {&config_});
  published_unseen();
  begin_to_trace(1s);
  EXPECT_THAT(told_.verdicts(), IsEmpty());
  story_.reread(app.main, config_, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: reloaded"));
}

TEST_F(Missed, takes_the_reread_that_follows_for_a_late_one) {
  const auto app = story_.container("app", {&config_});
  published_unseen();
  HeldFact held = Story::holds(config_, old_, "app.yaml", 4);
  held.unlinked = true;
  story_.inspect(app.main, {}, {held});
  begin_to_trace();
  story_.reread(app.main, config_, "app.yaml");
  EXPECT_THAT(told_.verdicts(), ElementsAre("app: stale (held_old_fd)", "app: late"));
}

TEST(Selection, takes_pods_and_namespaces_by_name_or_pattern) {
  Reader reader;
  reader.container_id = "id";
  reader.container.name = "app";
  reader.container.pod = "web-7d9f";
  reader.container.pod_namespace = "payments";
  const auto takes = [&](Selection selection) { return selection.takes(reader); };
  EXPECT_TRUE(takes({.containers = {}, .pids = {}, .pods = {parse_pod_pattern("web-7d9f")}}));
  EXPECT_TRUE(takes({.containers = {}, .pids = {}, .pods = {parse_pod_pattern("payments/web-*")}}));
  EXPECT_FALSE(takes({.containers = {}, .pids = {}, .pods = {parse_pod_pattern("other/web-*")}}));
  EXPECT_FALSE(takes({.containers = {}, .pids = {}, .pods = {parse_pod_pattern("web")}}));
  EXPECT_TRUE(takes({.containers = {}, .pids = {}, .pods = {}, .namespaces = {"payments"}}));
  EXPECT_FALSE(takes({.containers = {}, .pids = {}, .pods = {}, .namespaces = {"default"}}));
}

TEST(Selection, asks_of_whom_and_where_at_once) {
  Reader reader;
  reader.container_id = "id";
  reader.container.name = "app";
  reader.container.pod = "web";
  reader.container.pod_namespace = "payments";
  EXPECT_TRUE(Selection({{"app"}, {}, {parse_pod_pattern("web")}, {"payments"}}).takes(reader));
  EXPECT_FALSE(Selection({{"sidecar"}, {}, {parse_pod_pattern("web")}, {}}).takes(reader));
  EXPECT_FALSE(Selection({{"app"}, {}, {parse_pod_pattern("db")}, {}}).takes(reader));
}

TEST(Selection, never_takes_a_reader_without_a_pod_for_one_of_a_namespace) {
  Reader process;
  EXPECT_FALSE(Selection({{}, {}, {}, {"*"}}).takes(process));
  EXPECT_FALSE(Selection({{}, {}, {parse_pod_pattern("*")}, {}}).takes(process));
}

}  // namespace
}  // namespace reloadtrace::testing
