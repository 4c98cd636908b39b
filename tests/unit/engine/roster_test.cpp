// SPDX-License-Identifier: Apache-2.0
// Who is watched, and what is still waited for.
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

class RosterTest : public EngineTest {
 protected:
  RosterEntry only() {
    const std::vector<RosterEntry> roster = told_.engine.roster().entries;
    EXPECT_EQ(roster.size(), 1U);
    return roster.empty() ? RosterEntry{} : roster.front();
  }
};

TEST_F(RosterTest, names_readers_before_anything_was_published) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  const RosterEntry entry = only();
  EXPECT_EQ(entry.reader.name, "app");
  EXPECT_EQ(entry.volume.kind, "configmap");
  EXPECT_NE(entry.generation, "");
  EXPECT_FALSE(entry.awaited);
}

TEST_F(RosterTest, has_a_reader_once_for_each_volume_that_it_uses) {
  StoryVolume& config = story_.config_map();
  StoryVolume& more = story_.atomic_volume(VolumeKind::Secret, "tls", {{"key", "one"}});
  story_.container("app", {&config, &more});
  EXPECT_EQ(told_.engine.roster().entries.size(), 2U);
}

TEST_F(RosterTest, counts_volumes_that_nobody_uses) {
  story_.config_map();
  EXPECT_EQ(told_.engine.roster().volumes, 1U);
  EXPECT_TRUE(told_.engine.roster().entries.empty());
}

TEST_F(RosterTest, waits_for_a_reader_from_the_publish_to_its_verdict) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  const std::string before = only().generation;
  story_.publish(config);
  EXPECT_TRUE(only().awaited);
  EXPECT_NE(only().generation, before);
  story_.reread(app.main, config, "app.yaml");
  EXPECT_FALSE(only().awaited);
}

TEST_F(RosterTest, waits_no_longer_for_who_was_found_stale) {
  StoryVolume& config = story_.config_map();
  story_.container("app", {&config});
  story_.publish(config);
  pass_deadline();
  EXPECT_FALSE(only().awaited);
}

}  // namespace
}  // namespace reloadtrace::testing
