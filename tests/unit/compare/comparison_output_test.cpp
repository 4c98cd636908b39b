// SPDX-License-Identifier: Apache-2.0
// What people and scripts are told of a comparison.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/compare/told_fleet.h"
#include "userspace/compare/comparison_json.h"
#include "userspace/compare/comparison_table.h"

namespace reloadtrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Told kOne{.node = "n1", .pod = "web-1"};
const Told kTwo{.node = "n2", .pod = "web-2"};
const Told kThree{.node = "n3", .pod = "web-3"};

ToldFleet rollout() {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded, "v42")
      .tell(kTwo, 5s, Verdict::Reloaded, "v42")
      .tell(kThree, 3s, Verdict::Reloaded, "v42")
      .tell(kOne, 60s, Verdict::Reloaded, "v43")
      .tell(kThree, 63s, Verdict::Stale, "v43")
      .tell({.node = "n3", .pod = "web-3", .container = "sidecar"}, 63s, Verdict::Unknown, "v43")
      .tell({.node = "n2", .pod = "db-1", .volume = "certs"}, 9s, Verdict::Reloaded);
  return fleet;
}

TEST(ComparisonTable, shows_who_differs_and_what_could_not_be_compared) {
  EXPECT_EQ("\n" + to_table(rollout().conclude(), "1.0", {}), R"(
reloadtrace 1.0 compare  3 nodes  5 readers of 2 volumes  2025-11-25 12:00:03 to 12:01:00 UTC

✘ shop  configmap config  1 of 4 readers on the newest generation  consistency 0.33
  ✔ v43          1 reader  published 2025-11-25 12:01:00  on n1
  ✘ v42          2 readers  published 2025-11-25 12:00:03 to 12:00:05  on n2, n3
      n2  web-2/app  reloaded  no later publish on its node: behind, or gone
      n3  web-3/app  stale  no_watcher
  ? cannot tell  1 reader  on n3
      n3  web-3/sidecar  unknown

✔ shop  configmap certs  1 of 1 reader on the newest publish of its node  consistency 1.00
  ✔ newest  1 reader  published 2025-11-25 12:00:09  on n2

✘ 1 of 2 volumes differs  2 readers behind  ? 1 undecided  consistency 0.50
  Where lines have no config_version, generations of different nodes cannot be told apart: there a
  reader counts as current when it has reread the newest publish that its own node saw, and a node
  that got none is not noticed. See trace --version-key.
)");
}

TEST(ComparisonTable, says_so_when_nobody_differs) {
  ToldFleet fleet;
  fleet.tell(kOne, 0s, Verdict::Reloaded, "v1").tell(kTwo, 5s, Verdict::Reloaded, "v1");
  EXPECT_EQ("\n" + to_table(fleet.conclude(), "1.0", {}), R"(
reloadtrace 1.0 compare  2 nodes  2 readers of 1 volume  2025-11-25 12:00:00 to 12:00:05 UTC

✔ shop  configmap config  2 of 2 readers on the newest generation  consistency 1.00
  ✔ v1  2 readers  published 2025-11-25 12:00:00 to 12:00:05  on n1, n2

✔ no reader is known to differ  consistency 1.00
)");
}

TEST(ComparisonTable, names_only_the_first_of_many) {
  ToldFleet fleet;
  for (int i = 0; i < 1000; ++i) {
    fleet.tell({.node = "n" + std::to_string(i), .pod = "p" + std::to_string(i)}, 0s,
               Verdict::Stale);
  }
  const std::string table = to_table(fleet.conclude(), "1.0", {});
  EXPECT_THAT(table, HasSubstr("and 980 more; --format json names them all"));
  EXPECT_THAT(table, HasSubstr("n0, n1, n10, n100 and 996 more"));
  EXPECT_LT(std::ranges::count(table, '\n'), 40);
}

TEST(ComparisonTable, lets_no_name_move_the_cursor) {
  ToldFleet fleet;
  fleet.tell({.node = "n\x1b[2J", .pod = "p\n", .volume = "v\xff", .pod_namespace = "\r"}, 0s,
             Verdict::Stale, "\x07");
  const std::string table = to_table(fleet.conclude(), "1.0", {});
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  EXPECT_THAT(table, Not(HasSubstr("\x07")));
  EXPECT_THAT(table, HasSubstr(R"(n\x1b[2J)"));
}

TEST(ComparisonTable, never_rounds_up_to_one) {
  ToldFleet fleet;
  for (int i = 0; i < 999; ++i) {
    fleet.tell({.node = "n1", .pod = "p" + std::to_string(i)}, 0s, Verdict::Reloaded);
  }
  fleet.tell({.node = "n1", .pod = "last"}, 0s, Verdict::Stale);
  EXPECT_THAT(to_table(fleet.conclude(), "1.0", {}), HasSubstr("consistency 0.99"));
}

TEST(ComparisonJson, names_every_reader_that_is_not_current) {
  const auto json = nlohmann::json::parse(to_json(rollout().conclude()));
  EXPECT_EQ(json.at("consistent"), false);
  EXPECT_EQ(json.at("consistency"), 0.5);
  EXPECT_EQ(json.at("readers"), 5);
  EXPECT_EQ(json.at("current"), 2);
  EXPECT_EQ(json.at("behind"), 2);
  EXPECT_EQ(json.at("undecided"), 1);
  EXPECT_EQ(json.at("nodes"), (nlohmann::json{"n1", "n2", "n3"}));
  const auto& volume = json.at("volumes").at(0);
  EXPECT_EQ(volume.at("namespace"), "shop");
  EXPECT_EQ(volume.at("kind"), "configmap");
  EXPECT_EQ(volume.at("name"), "config");
  EXPECT_EQ(volume.at("host_path"), nullptr);
  EXPECT_EQ(volume.at("config_version"), "v43");
  EXPECT_EQ(volume.at("generations").size(), 3U);
  ASSERT_EQ(volume.at("others").size(), 3U);
  EXPECT_EQ(volume.at("others").at(1),
            nlohmann::json::parse(R"({"standing":"behind","node":"n3","pod":"web-3",
              "container":"app","container_id":"c0ffeeweb-3","compared_by":"config_version",
              "config_version":"v42","published":"2025-11-25T12:00:03.000000000Z",
              "verdict":"stale","cause":"no_watcher"})"));
  EXPECT_EQ(json.at("volumes").at(1).at("consistent"), true);
}

TEST(ComparisonJson, is_JSON_whatever_the_names_are) {
  ToldFleet fleet;
  fleet.tell({.node = "\xff\"\n", .pod = "</script>"}, 0s, Verdict::Stale);
  EXPECT_EQ(nlohmann::json::parse(to_json(fleet.conclude())).at("nodes").at(0), "\ufffd\"\n");
}

}  // namespace
}  // namespace reloadtrace::testing
