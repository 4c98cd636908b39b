// SPDX-License-Identifier: Apache-2.0
// What the gauges show: each reader once, as the worst of its volumes stands.
#include <ostream>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace {

bool operator==(const ReaderCount& a, const ReaderCount& b) {
  return a.readers == b.readers && a.current == b.current && a.behind == b.behind &&
         a.stale == b.stale;
}

void PrintTo(const ReaderCount& count, std::ostream* out) {
  *out << count.readers << " readers, " << count.current << " current, " << count.behind
       << " behind, " << count.stale << " stale";
}

namespace testing {
namespace {

class CensusTest : public EngineTest {
 protected:
  // Of all pods together.
  ReaderCount all() {
    ReaderCount sum;
    for (const auto& [name, count] : told_.engine.census()) {
      sum.readers += count.readers;
      sum.current += count.current;
      sum.behind += count.behind;
      sum.stale += count.stale;
    }
    return sum;
  }
};

TEST_F(CensusTest, takes_readers_for_current_as_long_as_nothing_was_published) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.container("sidecar", {&config});
  EXPECT_EQ(all(), (ReaderCount{2, 2, 0, 0}));
}

TEST_F(CensusTest, has_readers_behind_until_they_reread) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.container("sidecar", {&config});
  story_.publish(config);
  EXPECT_EQ(all(), (ReaderCount{2, 0, 2, 0}));
  story_.reread(app.main, config, "app.yaml");
  EXPECT_EQ(all(), (ReaderCount{2, 1, 1, 0}));
  pass_deadline();
  EXPECT_EQ(all(), (ReaderCount{2, 1, 1, 1}));
}

TEST_F(CensusTest, forgives_a_late_reread) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  EXPECT_EQ(all(), (ReaderCount{1, 0, 1, 1}));
  story_.reread(app.main, config, "app.yaml");
  EXPECT_EQ(all(), (ReaderCount{1, 1, 0, 0}));
}

TEST_F(CensusTest, gives_a_stale_reader_a_new_chance_with_the_next_publish) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.publish(config);
  EXPECT_EQ(all(), (ReaderCount{1, 0, 1, 0}));
}

TEST_F(CensusTest, takes_the_worst_volume_of_a_reader_and_counts_it_once) {
  StoryVolume& config = story_.config_map();
  StoryVolume& other = story_.atomic_volume(VolumeKind::Secret, "tls", {{"key", "one"}});
  const auto app = story_.container("app", {&config, &other});
  story_.publish(config);
  story_.publish(other, {{"key", "two"}});
  story_.reread(app.main, config, "app.yaml");
  EXPECT_EQ(all(), (ReaderCount{1, 0, 1, 0}));
  story_.reread(app.main, other, "key");
  EXPECT_EQ(all(), (ReaderCount{1, 1, 0, 0}));
}

TEST_F(CensusTest, counts_neither_good_nor_bad_what_is_unknown) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  story_.lose(LossCause::ActivityRingFull, 3);
  pass_deadline();
  ASSERT_EQ(told_.last().verdict, Verdict::Unknown);
  EXPECT_EQ(all(), (ReaderCount{1, 0, 0, 0}));
}

TEST_F(CensusTest, takes_for_current_whom_the_publish_changed_nothing) {
  StoryVolume& config = story_.config_map({{"a.yaml", "one"}, {"b.yaml", "one"}});
  const auto app = story_.container("app", {&config});
  story_.reread(app.main, config, "a.yaml");
  story_.publish(config, {{"a.yaml", "one"}, {"b.yaml", "two"}});
  ASSERT_EQ(told_.last().verdict, Verdict::Unchanged);
  EXPECT_EQ(all(), (ReaderCount{1, 1, 0, 0}));
}

TEST_F(CensusTest, loses_readers_that_go_and_has_those_that_come_later_current) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  story_.gone(app);
  EXPECT_EQ(all(), ReaderCount{});
  story_.container("app", {&config});
  EXPECT_EQ(all(), (ReaderCount{1, 1, 0, 0}));
}

TEST_F(CensusTest, files_containers_under_their_pods_and_processes_under_none) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  StoryVolume& plain = story_.plain_directory();
  const StoryProcess daemon = story_.process("daemon");
  story_.reread(daemon, plain, "app.yaml");
  const Census census = told_.engine.census();
  ASSERT_EQ(census.size(), 2U);
  EXPECT_EQ(census.at({"", ""}), (ReaderCount{1, 1, 0, 0}));
  EXPECT_EQ(census.at({app.fact.pod_namespace, app.fact.pod}), (ReaderCount{1, 1, 0, 0}));
}

TEST_F(CensusTest, publishes_tell_whose_volume_it_is) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.publish(config);
  for (const Report& report : told_.reports) {
    if (const auto* publish = std::get_if<PublishReport>(&report)) {
      EXPECT_EQ(publish->pod, app.fact.pod);
      EXPECT_EQ(publish->pod_namespace, app.fact.pod_namespace);
    }
  }
  EXPECT_EQ(told_.count<PublishReport>(), 1U);
}

}  // namespace
}  // namespace testing
}  // namespace reloadtrace
