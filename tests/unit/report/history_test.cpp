// SPDX-License-Identifier: Apache-2.0
// From lines to publishes and what became of them.
#include "userspace/report/history.h"

#include <gmock/gmock.h>

#include "tests/unit/report/told_history.h"

namespace reloadtrace::testing {
namespace {

using ::testing::SizeIs;

TEST(History, joins_verdicts_to_their_publish_whichever_came_first) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Reloaded)).tell(publish(0s)).tell(reload(0s, Verdict::Stale, "b"));
  const History& history = told.arranged();
  ASSERT_THAT(history.publishes(), SizeIs(1));
  ASSERT_THAT(history.verdicts(), SizeIs(2));
  const PublishStory& story = history.publishes()[0];
  EXPECT_EQ(story.at, static_cast<std::int64_t>(kNoon.ns));
  EXPECT_EQ(history.names()[story.pod], "shop/web-1");
  EXPECT_EQ(history.names()[story.writer], "kubelet[900]");
  EXPECT_EQ(history.names()[history.verdicts()[0].reader], "app");
  EXPECT_EQ(history.names()[history.verdicts()[0].process], "java[1234]");
}

TEST(History, knows_a_publish_that_no_line_of_its_own_tells_of) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Reloaded));
  EXPECT_THAT(told.arranged().publishes(), SizeIs(1));
}

TEST(History, arranges_publishes_and_their_verdicts_by_time) {
  ToldHistory told;
  told.tell(reload(60s, Verdict::Stale)).tell(reload(0s, Verdict::Reloaded)).tell(publish(30s));
  const History& history = told.arranged();
  ASSERT_THAT(history.publishes(), SizeIs(3));
  EXPECT_LT(history.publishes()[0].at, history.publishes()[1].at);
  EXPECT_LT(history.publishes()[1].at, history.publishes()[2].at);
  EXPECT_EQ(history.verdicts()[0].publish, 0U);
  EXPECT_EQ(history.names()[history.verdicts()[0].verdict], "reloaded");
  EXPECT_EQ(history.verdicts()[1].publish, 2U);
}

TEST(History, keeps_the_last_word_on_a_publish) {
  ReloadReport late = reload(0s, Verdict::Late);
  late.at = late.at + 60s;
  for (const bool in_order : {true, false}) {
    ToldHistory told;
    told.tell(in_order ? reload(0s, Verdict::Stale) : late);
    told.tell(in_order ? late : reload(0s, Verdict::Stale));
    const History& history = told.arranged();
    ASSERT_THAT(history.verdicts(), SizeIs(1));
    EXPECT_EQ(history.names()[history.verdicts()[0].verdict], "late");
  }
}

TEST(History, tells_the_same_publish_on_two_nodes_apart) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Reloaded), "n1").tell(reload(0s, Verdict::Reloaded), "n2");
  EXPECT_THAT(told.arranged().publishes(), SizeIs(2));
}

TEST(History, makes_every_name_printable) {
  ReloadReport report = reload(0s, Verdict::Stale, "a\x1b[2J\u202e");
  report.evidence = "line\nline";
  ToldHistory told;
  told.tell(report);
  const History& history = told.arranged();
  EXPECT_EQ(history.names()[history.verdicts()[0].reader], R"(a\x1b[2J\u202e)");
  EXPECT_EQ(history.names()[history.verdicts()[0].evidence], R"(line\nline)");
}

}  // namespace
}  // namespace reloadtrace::testing
