// SPDX-License-Identifier: Apache-2.0
// What a timeline viewer gets, as the Trace Event Format has it.
#include "userspace/report/trace_events.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/unit/report/told_history.h"

namespace reloadtrace::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::SizeIs;

json events_of(ToldHistory& told) {
  return json::parse(trace_events(told.arranged(), "x", "1.0")).at("traceEvents");
}

std::vector<json> with(const json& events, const std::string& phase, const std::string& name = "") {
  std::vector<json> found;
  for (const json& event : events) {
    if (event.at("ph") == phase && (name.empty() || event.at("name") == name)) {
      found.push_back(event);
    }
  }
  return found;
}

std::vector<std::string> names(const json& events, const std::string& what) {
  std::vector<std::string> found;
  for (const json& event : with(events, "M", what)) {
    found.push_back(event.at("args").at("name"));
  }
  return found;
}

TEST(TraceEvents, has_a_process_for_each_pod_on_a_node_and_a_thread_for_each_container) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Reloaded, "a"), "n1")
      .tell(reload(0s, Verdict::Reloaded, "b"), "n1")
      .tell(reload(0s, Verdict::Reloaded, "a"), "n2");
  const json events = events_of(told);
  EXPECT_THAT(names(events, "process_name"), ElementsAre("n1 shop/web-1", "n2 shop/web-1"));
  EXPECT_THAT(names(events, "thread_name"), ElementsAre("publishes", "publishes", "a", "b", "a"));
}

TEST(TraceEvents, has_an_instant_for_the_swap_and_spans_from_it_to_notice_open_and_read) {
  ToldHistory told;
  told.tell(publish(0s)).tell(reload(0s, Verdict::Reloaded)).tell(reload(10s, Verdict::Reloaded));
  const json events = events_of(told);
  const auto swaps = with(events, "i");
  ASSERT_THAT(swaps, SizeIs(2));
  EXPECT_EQ(swaps[1].at("ts"), 10'000'000.0);
  EXPECT_EQ(swaps[1].at("s"), "p");
  EXPECT_EQ(swaps[1].at("args").at("to"), "..2");
  const auto whole = with(events, "X", "reloaded").at(1);
  EXPECT_EQ(whole.at("ts"), 10'000'000.0);
  EXPECT_EQ(whole.at("dur"), 4000.0);
  EXPECT_EQ(whole.at("args").at("evidence"), "seen");
  const auto notice = with(events, "X", "to the notice").at(1);
  const auto open = with(events, "X", "to the open").at(1);
  const auto read = with(events, "X", "to the end of reading").at(1);
  EXPECT_EQ(notice.at("ts"), 10'000'000.0);
  EXPECT_EQ(notice.at("dur"), 1000.0);
  EXPECT_EQ(open.at("ts"), 10'001'000.0);
  EXPECT_EQ(read.at("ts"), 10'002'000.0);
  EXPECT_EQ(read.at("dur"), 2000.0);
  EXPECT_EQ(read.at("tid"), whole.at("tid"));
}

TEST(TraceEvents, names_a_failure_and_lets_it_last_until_it_was_known) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Stale));
  const auto failure = with(events_of(told), "X", "stale: no_watcher").at(0);
  EXPECT_EQ(failure.at("dur"), 5'000'000.0);
  EXPECT_EQ(failure.at("args").at("advice"), "tell it");
}

TEST(TraceEvents, never_lets_spans_of_one_thread_overlap_without_nesting) {
  ToldHistory told;
  for (int i = 0; i < 6; ++i) {
    told.tell(reload(std::chrono::seconds(2 * i), Verdict::Stale));  // each is open for 5 s
  }
  const json events = events_of(told);
  std::map<int, std::vector<std::pair<double, double>>> spans;
  for (const json& event : with(events, "X", "stale: no_watcher")) {
    const double begin = event.at("ts");
    spans[event.at("tid")].emplace_back(begin, begin + event.at("dur").get<double>());
  }
  EXPECT_EQ(spans.size(), 3U);
  for (const auto& [thread, one] : spans) {
    for (std::size_t i = 1; i < one.size(); ++i) {
      EXPECT_LE(one[i - 1].second, one[i].first);
    }
  }
  EXPECT_THAT(names(events, "thread_name"), ElementsAre("publishes", "app", "app (2)", "app (3)"));
}

TEST(TraceEvents, says_when_its_zero_was) {
  ToldHistory told;
  told.tell(publish(0s));
  EXPECT_EQ(json::parse(trace_events(told.arranged(), "x", "1.0")).at("otherData").at("began"),
            "2025-11-25T12:00:00.000000000Z");
}

TEST(TraceEvents, is_JSON_whatever_the_names_are) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Stale, "\"\xff</script>\n"), "\x01");
  EXPECT_FALSE(events_of(told).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
