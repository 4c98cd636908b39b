// SPDX-License-Identifier: Apache-2.0
// Who runs what, over many nodes.
#include "userspace/compare/fleet.h"

#include <gmock/gmock.h>

#include "tests/unit/compare/told_fleet.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Counts {
  std::uint64_t current, behind, undecided;
  bool operator==(const Counts&) const = default;
};
void PrintTo(const Counts& counts, std::ostream* out) {
  *out << counts.current << " current, " << counts.behind << " behind, " << counts.undecided
       << " undecided";
}
Counts counts(const ToldFleet& fleet) {
  const Comparison comparison = fleet.conclude();
  return {comparison.current, comparison.behind, comparison.undecided};
}

const Told kOne{.node = "n1", .pod = "web-1"};
const Told kTwo{.node = "n2", .pod = "web-2"};
const Told kThree{.node = "n3", .pod = "web-3"};

TEST(Fleet, agrees_when_all_reread_the_newest_publish_of_their_nodes) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded).tell(kTwo, 40s, Verdict::Restarted);
  const Comparison comparison = fleet.conclude();
  EXPECT_FALSE(comparison.differs());
  EXPECT_THAT(comparison.nodes, ElementsAre("n1", "n2"));
  ASSERT_THAT(comparison.volumes, SizeIs(1));  // one volume, though each pod has its own
  EXPECT_EQ(comparison.volumes[0].pod_namespace, "shop");
  EXPECT_EQ(comparison.volumes[0].name, "config");
  EXPECT_EQ(counts(fleet), (Counts{2, 0, 0}));
}

TEST(Fleet, says_who_has_not_reread_and_why) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded).tell(kTwo, 1s, Verdict::Stale);
  const Comparison comparison = fleet.conclude();
  EXPECT_TRUE(comparison.differs());
  ASSERT_THAT(comparison.volumes[0].others, SizeIs(1));
  const ComparedReader& other = comparison.volumes[0].others[0];
  EXPECT_EQ(other.node, "n2");
  EXPECT_EQ(other.pod, "web-2");
  EXPECT_EQ(other.container_name, "app");
  EXPECT_EQ(other.verdict, "stale");
  EXPECT_EQ(other.cause, "no_watcher");
  EXPECT_EQ(other.standing, Standing::Behind);
  EXPECT_EQ(other.published, 0);  // what it runs was there before the lines
}

TEST(Fleet, takes_parts_and_mixtures_for_behind_and_an_unchanged_file_for_current) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Partial)
      .tell(kTwo, 0s, Verdict::Torn)
      .tell(kThree, 0s, Verdict::Unchanged);
  EXPECT_EQ(counts(fleet), (Counts{1, 2, 0}));
}

TEST(Fleet, claims_nothing_where_nothing_is_proven) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Unknown)
      .tell(kTwo, 0s, Verdict::Pending)
      .tell(kThree, 0s, Verdict::Superseded);
  EXPECT_EQ(counts(fleet), (Counts{0, 0, 3}));
  EXPECT_FALSE(fleet.conclude().differs());
  EXPECT_EQ(consistency(0, 0), 1.0);
}

TEST(Fleet, takes_the_last_word_on_the_last_publish_in_whatever_order_lines_come) {
  std::vector<ReloadReport> reports = {
      kOne.verdict(0s, Verdict::Reloaded), kOne.verdict(60s, Verdict::Stale),
      kOne.verdict(60s, Verdict::Late), kTwo.verdict(0s, Verdict::Stale),
      kTwo.verdict(60s, Verdict::Superseded)};
  reports[2].at = reports[1].at + 30s;
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  do {
    ToldFleet fleet;
    for (const std::size_t i : order) {
      fleet.tell(reports[i].reader.pod == "web-1" ? "n1" : "n2", reports[i]);
    }
    EXPECT_EQ(counts(fleet), (Counts{1, 0, 1}));
  } while (std::ranges::next_permutation(order).found);
}

TEST(Fleet, keeps_to_one_state_for_a_reader_however_many_lines_it_has) {
  ToldFleet fleet;
  for (int i = 0; i < 1000; ++i) {
    fleet.tell(kOne, std::chrono::seconds(i), Verdict::Reloaded);
  }
  EXPECT_EQ(counts(fleet), (Counts{1, 0, 0}));
}

TEST(Fleet, takes_a_container_that_kubelet_starts_anew_for_the_same_reader) {
  ToldFleet fleet;
  ReloadReport again = kOne.verdict(10s, Verdict::Restarted);
  again.reader.container_id = "another";
  fleet.tell(kOne, 0s, Verdict::Stale).tell("n1", again);
  EXPECT_EQ(counts(fleet), (Counts{1, 0, 0}));
}

TEST(Fleet, tells_volumes_of_other_namespaces_names_and_kinds_apart) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded)
      .tell({.pod = "web-1", .volume = "other"}, 0s, Verdict::Stale)
      .tell({.pod = "db-1", .pod_namespace = "bank"}, 0s, Verdict::Reloaded);
  const Comparison comparison = fleet.conclude();
  ASSERT_THAT(comparison.volumes, SizeIs(3));
  EXPECT_EQ(comparison.volumes[0].name, "other");  // who differs comes first
  EXPECT_TRUE(comparison.volumes[0].differs());
  EXPECT_FALSE(comparison.volumes[1].differs());
}

TEST(Fleet, knows_a_directory_by_its_path) {
  ToldFleet fleet;
  for (const char* node : {"n1", "n2"}) {
    ReloadReport report = kOne.verdict(0s, node[1] == '1' ? Verdict::Reloaded : Verdict::Stale);
    report.volume = {"directory", "nginx", "/etc/nginx", "/etc/nginx", ""};
    report.reader = {};
    report.reader.process = {77, "nginx", "/usr/sbin/nginx"};
    fleet.tell(node, report);
  }
  const Comparison comparison = fleet.conclude();
  ASSERT_THAT(comparison.volumes, SizeIs(1));
  EXPECT_EQ(comparison.volumes[0].host_path, "/etc/nginx");
  EXPECT_EQ(counts(fleet), (Counts{1, 1, 0}));
  EXPECT_EQ(comparison.volumes[0].others[0].comm, "nginx");
}

TEST(Fleet, compares_versions_over_nodes_whose_generations_have_other_names) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded, "v42")
      .tell(kTwo, 5s, Verdict::Reloaded, "v42")
      .tell(kThree, 3s, Verdict::Reloaded, "v42")
      .tell(kOne, 60s, Verdict::Reloaded, "v43")
      .tell(kThree, 63s, Verdict::Stale, "v43");
  const ComparedVolume volume = fleet.conclude().volumes[0];
  EXPECT_EQ(volume.config_version, "v43");
  EXPECT_EQ(counts(fleet), (Counts{1, 2, 0}));
  EXPECT_EQ(volume.by_version, 3U);
  ASSERT_THAT(volume.others, SizeIs(2));
  // The node of the one saw no publish of v43; the other saw it and did not reread.
  EXPECT_EQ(volume.others[0].node, "n2");
  EXPECT_TRUE(volume.others[0].overtaken);
  EXPECT_EQ(volume.others[0].config_version, "v42");
  EXPECT_EQ(volume.others[1].node, "n3");
  EXPECT_FALSE(volume.others[1].overtaken);
  EXPECT_EQ(volume.others[1].config_version, "v42");  // from before
  ASSERT_THAT(volume.generations, SizeIs(2));
  EXPECT_EQ(volume.generations[0].config_version, "v43");
  EXPECT_THAT(volume.generations[1].nodes, ElementsAre("n2", "n3"));
  EXPECT_EQ(volume.generations[1].last_published - volume.generations[1].first_published,
            2'000'000'000);
}

TEST(Fleet, without_versions_cannot_tell_that_a_node_got_no_publish_and_says_how_it_compared) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded)
      .tell(kTwo, 5s, Verdict::Reloaded)
      .tell(kOne, 60s, Verdict::Reloaded);
  EXPECT_EQ(counts(fleet), (Counts{2, 0, 0}));
  EXPECT_EQ(fleet.conclude().volumes[0].by_version, 0U);
}

TEST(Fleet, compares_by_version_those_that_have_one) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded, "v1")
      .tell(kTwo, 0s, Verdict::Reloaded)
      .tell(kThree, 60s, Verdict::Reloaded, "v2")
      .tell(kTwo, 90s, Verdict::Reloaded);  // the newest publish of all has none
  const ComparedVolume volume = fleet.conclude().volumes[0];
  EXPECT_EQ(volume.config_version, "v2");
  EXPECT_EQ(counts(fleet), (Counts{2, 1, 0}));
  EXPECT_EQ(volume.by_version, 2U);
}

TEST(Fleet, waits_for_the_verdict_on_a_publish_that_was_seen) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded, "v1").tell("n1", kOne.publish(60s, "v2", 1));
  const ComparedVolume volume = fleet.conclude().volumes[0];
  EXPECT_EQ(counts(fleet), (Counts{0, 0, 1}));
  EXPECT_EQ(volume.others[0].config_version, "v1");
}

TEST(Fleet, counts_no_reader_that_has_ended) {
  const Told sidecar{.pod = "web-1", .container = "sidecar"};
  ToldFleet fleet;
  fleet
      .tell(kOne, 0s, Verdict::Exited)  // while the publish was open
      .tell(kTwo, 0s, Verdict::Stale)
      .tell(sidecar, 0s, Verdict::Stale)
      .tell(sidecar, 60s, Verdict::Superseded)
      .tell("n1", kOne.publish(120s, "", 0));  // nobody was there any more
  fleet.tell({.pod = "web-1", .container = "new"}, 120s, Verdict::Reloaded);
  EXPECT_EQ(counts(fleet), (Counts{1, 1, 0}));
}

TEST(Fleet, leaves_out_volumes_without_readers) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Exited);
  EXPECT_TRUE(fleet.conclude().volumes.empty());
}

TEST(Fleet, is_not_fooled_by_names_that_run_into_each_other) {
  ToldFleet fleet;
  fleet.tell({.pod = "a", .volume = "config", .pod_namespace = "x1:y"}, 0s, Verdict::Stale)
      .tell({.pod = "a", .volume = "y6:config", .pod_namespace = "x"}, 0s, Verdict::Stale);
  EXPECT_THAT(fleet.conclude().volumes, SizeIs(2));
}

}  // namespace
}  // namespace reloadtrace::testing
