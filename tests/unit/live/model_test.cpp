// SPDX-License-Identifier: Apache-2.0
// What the screen knows, and in which order it is shown.
#include <gmock/gmock.h>

#include "tests/unit/live/stage.h"

namespace reloadtrace::live {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const ReaderInfo kApp = test::container("app", 1234, "java");
const ReaderInfo kSidecar = [] {
  ReaderInfo reader = test::container("sidecar", 2210, "nginx");
  reader.container_id = "beef";
  return reader;
}();

ReloadReport verdict_on(ReaderInfo reader, Verdict verdict, std::int64_t ms = 2000) {
  return test::verdict(verdict, std::move(reader), at_ms(ms));
}

ReloadReport of_publish(ReloadReport report, std::int64_t published_ms, const std::string& to) {
  report.publish.at = at_ms(published_ms);
  report.publish.to = to;
  return report;
}

TEST(LiveModel, shows_readers_before_anything_was_published) {
  Stage stage;
  stage.take(std::vector{entry(kApp), entry(test::host_process(7, "cron"))});
  EXPECT_EQ(stage.model().readers(), 2U);
  EXPECT_EQ(stage.model().volumes(), 1U);
  EXPECT_EQ(stage.row(kApp).attention(), Attention::Nothing);
  EXPECT_EQ(stage.row(kApp).generation_cell(), test::kOld);
  EXPECT_EQ(stage.row(test::host_process(7, "cron")).reader_cell(), "cron[7]");
}

TEST(LiveModel, waits_from_the_publish_to_the_verdict) {
  Stage stage;
  stage.take(std::vector{entry(kApp)});
  stage.take(published());
  EXPECT_EQ(stage.row(kApp).attention(), Attention::Waiting);
  stage.tick_to(at_ms(5203));
  EXPECT_EQ(stage.row(kApp).latency(stage.now()), std::chrono::seconds(4));
  stage.take(test::reloaded());
  EXPECT_EQ(stage.row(kApp).attention(), Attention::Good);
  EXPECT_EQ(stage.row(kApp).latency(stage.now()), Duration(2'400'789));
}

TEST(LiveModel, waits_for_nobody_when_nobody_was_asked) {
  Stage stage;
  stage.take(std::vector{entry(kApp)});
  stage.take(published(0));
  EXPECT_EQ(stage.row(kApp).attention(), Attention::Nothing);
}

TEST(LiveModel, knows_which_generation_a_reader_has) {
  Stage stage;
  stage.take(std::vector{entry(kApp), entry(kSidecar)});
  stage.take(published(2));
  EXPECT_EQ(stage.row(kApp).generation_cell(), test::kOld);
  EXPECT_TRUE(stage.row(kApp).behind());
  stage.take(test::reloaded());
  EXPECT_EQ(stage.row(kApp).generation_cell(), test::kNew);
  EXPECT_FALSE(stage.row(kApp).behind());
  stage.take(verdict_on(kSidecar, Verdict::Stale));
  EXPECT_EQ(stage.row(kSidecar).generation_cell(), test::kOld);
  EXPECT_TRUE(stage.row(kSidecar).behind());
  stage.take(verdict_on(kSidecar, Verdict::Late));
  EXPECT_FALSE(stage.row(kSidecar).behind());
}

TEST(LiveModel, keeps_the_generation_that_was_read_over_publishes_that_were_not) {
  Stage stage;
  stage.take(std::vector{entry(kApp)});
  stage.take(of_publish(verdict_on(kApp, Verdict::Reloaded), 1000, "..two"));
  stage.take(of_publish(verdict_on(kApp, Verdict::Superseded), 2000, "..three"));
  stage.take(of_publish(verdict_on(kApp, Verdict::Stale), 3000, "..four"));
  EXPECT_EQ(stage.row(kApp).generation_cell(), "..two");
  EXPECT_EQ(stage.row(kApp).newest(), "..four");
  stage.take(of_publish(verdict_on(kApp, Verdict::Unknown), 4000, "..five"));
  EXPECT_EQ(stage.row(kApp).generation_cell(), "?");
}

TEST(LiveModel, calls_a_generation_by_its_version_where_it_has_one) {
  Stage stage;
  stage.take(std::vector{entry(kApp)});
  ReloadReport report = test::reloaded();
  report.publish.config_version = "2.4.2";
  stage.take(report);
  EXPECT_EQ(stage.row(kApp).generation_cell(), "2.4.2");
}

TEST(LiveModel, lets_a_verdict_on_an_older_publish_end_no_waiting) {
  Stage stage;
  stage.take(std::vector{entry(kApp)});
  PublishReport second = published();
  second.publish.at = at_ms(9000);
  stage.take(second);
  stage.take(verdict_on(kApp, Verdict::Superseded));
  EXPECT_EQ(stage.row(kApp).attention(), Attention::Waiting);
}

TEST(LiveModel, remembers_the_latest_verdicts_of_a_reader) {
  Stage stage;
  stage.take(std::vector{entry(kApp)});
  for (std::size_t i = 0; i < Row::kMaxTold + 5; ++i) {
    stage.take(of_publish(verdict_on(kApp, Verdict::Reloaded), static_cast<std::int64_t>(2000 + i),
                          "..g" + std::to_string(i)));
  }
  const auto& told = stage.row(kApp).told();
  ASSERT_EQ(told.size(), Row::kMaxTold);
  EXPECT_EQ(told.front().generation, "..g" + std::to_string(Row::kMaxTold + 4));
}

TEST(LiveModel, keeps_no_more_of_a_report_than_a_screen_can_show) {
  Stage stage;
  ReloadReport report = test::reloaded();
  report.files.assign(5000, report.files.front());
  report.publish.changed.assign(5000, report.publish.changed.front());
  stage.take(report);
  EXPECT_LE(stage.row(kApp).last()->files.size(), 64U);
  EXPECT_LE(stage.row(kApp).last()->publish.changed.size(), 64U);
}

TEST(LiveModel, shows_readers_that_ended_for_a_while) {
  Stage stage;
  stage.take(std::vector{entry(kApp), entry(kSidecar)});
  stage.take(std::vector{entry(kApp)});
  EXPECT_EQ(stage.row(kSidecar).attention(), Attention::Ended);
  EXPECT_EQ(stage.model().readers(), 1U);
  stage.tick_to(stage.now() + Model::kShowEnded);
  stage.take_same_roster();
  EXPECT_EQ(stage.model().row(key_of(kSidecar, test::configmap())), nullptr);
  EXPECT_NE(stage.model().row(key_of(kApp, test::configmap())), nullptr);
}

TEST(LiveModel, holds_a_bounded_number_of_readers_that_ended) {
  Stage stage;
  for (int round = 0; round < 3; ++round) {
    std::vector<RosterEntry> roster;
    for (int i = 0; i < 200; ++i) {
      roster.push_back(entry(numbered(1000 * round + i)));
    }
    stage.tick_to(stage.now() + std::chrono::seconds(1));
    stage.take(std::move(roster));
  }
  EXPECT_EQ(stage.model().rows().size(), 200 + Model::kMaxEnded);
}

TEST(LiveModel, counts_a_hook_that_was_shed_as_missing) {
  Stage stage;
  StartReport start = test::start();
  start.hooks = {{"open", "tracepoint"}, {"poll", "tracepoint"}};
  stage.take(start);
  stage.take(ShedReport{at_ms(10), "poll", 3.0, 1.0});
  EXPECT_THAT(stage.model().start()->hooks,
              ElementsAre(Pair("open", "tracepoint"), Pair("poll", "missing")));
}

TEST(LiveModel, adds_up_what_was_lost_and_dropped) {
  Stage stage;
  stage.take(test::loss());
  stage.take(test::loss());
  stage.take(test::drop());
  stage.model().count_dropped(3);
  EXPECT_EQ(stage.model().lost().at("ring_full"), 2400U);
  EXPECT_EQ(stage.model().dropped(), 15U);
}

struct Each {
  const char* name;
  Verdict verdict;
};

TEST(LiveOrder, puts_first_what_needs_attention) {
  Stage stage;
  const std::vector<Each> all = {{"good", Verdict::Reloaded},   {"late", Verdict::Late},
                                 {"quiet", Verdict::Unchanged}, {"unknown", Verdict::Unknown},
                                 {"stale", Verdict::Stale},     {"pending", Verdict::Pending}};
  std::vector<RosterEntry> roster;
  for (const Each& each : all) {
    ReaderInfo reader = test::container(each.name, 1, "x");
    reader.container_id = each.name;
    roster.push_back(entry(reader));
  }
  ReaderInfo fresh = test::container("fresh", 1, "x");
  fresh.container_id = "fresh";
  roster.push_back(entry(fresh));
  stage.take(roster);
  for (std::size_t i = 0; i < all.size(); ++i) {
    stage.take(verdict_on(roster[i].reader, all[i].verdict));
  }
  EXPECT_THAT(stage.order(),
              ElementsAre("stale", "late", "unknown", "pending", "quiet", "good", "fresh"));
}

TEST(LiveOrder, puts_the_newest_publish_first_among_equals) {
  Stage stage;
  stage.take(of_publish(verdict_on(kApp, Verdict::Stale), 1000, "..one"));
  stage.take(of_publish(verdict_on(kSidecar, Verdict::Stale), 2000, "..two"));
  EXPECT_THAT(stage.order(), ElementsAre("sidecar", "app"));
}

TEST(LiveOrder, follows_the_column_that_was_chosen_and_turns_round) {
  Stage stage;
  stage.take(std::vector{entry(kApp), entry(kSidecar)});
  stage.take(verdict_on(kSidecar, Verdict::Stale));
  EXPECT_THAT(stage.order(), ElementsAre("sidecar", "app"));
  stage.type("ss");  // by pod, then by container
  EXPECT_EQ(stage.view().sort(), Sort::Reader);
  EXPECT_THAT(stage.order(), ElementsAre("app", "sidecar"));
  stage.type("r");
  EXPECT_THAT(stage.order(), ElementsAre("sidecar", "app"));
}

TEST(LiveOrder, filters_by_any_cell_and_without_regard_to_case) {
  Stage stage;
  stage.take(std::vector{entry(kApp), entry(kSidecar)});
  ReloadReport report = verdict_on(kSidecar, Verdict::Stale);
  report.cause = Cause::NoWatcher;
  stage.take(report);
  for (const char* text : {"SIDE", "Stale", "no_watcher", "sidecar"}) {
    EXPECT_EQ(arrange(stage.model(), Sort::Attention, false, text, stage.now()).size(), 1U) << text;
  }
  EXPECT_EQ(arrange(stage.model(), Sort::Attention, false, "risk/engine", stage.now()).size(), 2U);
  EXPECT_TRUE(arrange(stage.model(), Sort::Attention, false, "nothing", stage.now()).empty());
}

}  // namespace
}  // namespace reloadtrace::live
