// SPDX-License-Identifier: Apache-2.0
// What a trace says; whether its shape is the protocol's is judged in tests/support/otlp.
#include "userspace/sink/otlp_sink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using namespace test;
using nlohmann::json;

std::string lines(const std::vector<Report>& reports) {
  Captured captured;
  OtlpSink sink(captured.output(), session());
  for (const Report& report : reports) {
    EXPECT_TRUE(sink.write(report));
  }
  return captured.take();
}

json spans_of(const Report& report) {
  return json::parse(lines({report})).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
}

TEST(OtlpSink, has_a_line_for_each_publish_and_verdict_alone) {
  const std::string text = lines({start(), PublishReport{configmap(), publish(), 2}, loss(),
                                  reader(), opened(configmap()), reloaded(), stop()});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(OtlpSink, puts_reloads_beneath_their_publish_and_steps_beneath_the_reload) {
  const json root = spans_of(PublishReport{configmap(), publish(), 2}).at(0);
  const json spans = spans_of(reloaded());
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_FALSE(root.contains("parentSpanId"));
  EXPECT_EQ(spans.at(0).at("traceId"), root.at("traceId"));
  EXPECT_EQ(spans.at(0).at("parentSpanId"), root.at("spanId"));
  EXPECT_EQ(spans.at(0).at("endTimeUnixNano"), "1795348801205400789");
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(spans.at(i).at("parentSpanId"), spans.at(0).at("spanId"));
  }
  EXPECT_EQ(spans.at(3).at("name"), "read");
  EXPECT_EQ(spans.at(3).at("startTimeUnixNano"), spans.at(2).at("endTimeUnixNano"));
}

TEST(OtlpSink, gives_the_same_ids_to_the_same_and_others_to_others) {
  ReloadReport late = stale();
  late.verdict = Verdict::Late;
  ReloadReport elsewhere = stale();
  elsewhere.reader.container_id = "decaf";
  const json id = spans_of(stale()).at(0).at("spanId");
  EXPECT_EQ(spans_of(stale()).at(0).at("spanId"), id);
  EXPECT_NE(spans_of(late).at(0).at("spanId"), id);
  EXPECT_NE(spans_of(elsewhere).at(0).at("spanId"), id);
}

TEST(OtlpSink, makes_errors_of_failures_alone) {
  EXPECT_EQ(spans_of(stale()).at(0).at("status"),
            (json{{"code", 2},
                  {"message", "no_watcher: last read 3 d ago, watches nothing, got no signal"}}));
  ReloadReport unknown = stale();
  unknown.verdict = Verdict::Unknown;
  EXPECT_EQ(spans_of(unknown).at(0).at("status"), json::object());
  EXPECT_EQ(spans_of(reloaded()).at(0).at("status"), json::object());
}

TEST(OtlpSink, tells_no_size_of_a_secret) {
  ReloadReport report = reloaded();
  EXPECT_NE(lines({report}).find("reloadtrace.size"), std::string::npos);
  report.volume = secret();
  EXPECT_EQ(lines({report}).find("reloadtrace.size"), std::string::npos);
  EXPECT_EQ(lines({report}).find("reloadtrace.bytes"), std::string::npos);
}

TEST(OtlpSink, tells_what_was_lost_between_publish_and_verdict) {
  EXPECT_NE(lines({loss(), stale()}).find("reloadtrace.lost.ring_full"), std::string::npos);
  EXPECT_EQ(lines({loss(), reloaded()}).find("reloadtrace.lost"), std::string::npos);
  EXPECT_EQ(lines({drop(), stale()}).find("reloadtrace.lost"), std::string::npos);
}

TEST(OtlpSink, keeps_lines_within_64_KiB_and_counts_the_events_that_go) {
  ReloadReport report = reloaded();
  report.files.assign(3000, {std::string(3000, 'f'), kNew, 1, 1, true});
  const std::string text = lines({report});
  EXPECT_LE(text.size(), 65'536U);
  const json span = spans_of(report).at(0);
  EXPECT_EQ(span.at("events").size() + span.at("droppedEventsCount").get<std::size_t>(), 3000U);
}

}  // namespace
}  // namespace reloadtrace
