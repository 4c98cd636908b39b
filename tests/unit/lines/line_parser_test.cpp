// SPDX-License-Identifier: Apache-2.0
// What our own sink writes comes back as it was.
#include "userspace/lines/line_parser.h"

#include <gmock/gmock.h>

#include "userspace/sink/json_sink.h"

namespace reloadtrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

ReloadReport stale() {
  ReloadReport report;
  report.at = Timestamp{} + std::chrono::seconds(130);
  report.verdict = Verdict::Stale;
  report.cause = Cause::NoWatcher;
  report.evidence = "watches \"nothing\" of </script>\n\x01 caf\xe9";
  report.advice = "tell it";
  report.degraded = true;
  report.volume.kind = "configmap";
  report.volume.name = "config";
  report.volume.path = "/etc/config";
  report.volume.host_path = "/var/lib/kubelet/pods/u/volumes/config";
  report.volume.pod_uid = "u";
  report.reader.container = true;
  report.reader.pod_namespace = "risk";
  report.reader.pod = "risk-7d9f";
  report.reader.name = "app";
  report.reader.container_id = "c0ffee";
  report.reader.pod_uid = "u";
  report.process = ProcessInfo{1234, "java", "/usr/bin/java"};
  report.publish.at = Timestamp{} + std::chrono::seconds(10);
  report.publish.from = "..1";
  report.publish.to = "..2";
  report.publish.config_version = "v2";
  report.publish.writer = ProcessInfo{900, "kubelet", ""};
  report.publish.changed = {{"app.yaml", "modified"}, {"b.yaml", "added"}};
  report.observers = {ProcessInfo{4321, "cat", ""}};
  report.latency.opened = std::chrono::microseconds(2100);
  ProcessUse worker;
  worker.process = ProcessInfo{1235, "worker", "/usr/bin/java"};
  report.processes = {worker, worker};
  return report;
}

const Line& parsed(LineParser& parser, std::string_view text) {
  const auto result = parser.parse(text);
  if (!std::holds_alternative<const Line*>(result)) {
    throw std::runtime_error("no line: " + std::string(text));
  }
  return *std::get<const Line*>(result);
}

TEST(LineParser, gives_back_what_the_sink_said_of_a_reload) {
  LineParser parser;
  const std::string text = json_line(stale(), {"n1", 0});
  const Line& line = parsed(parser, text);
  EXPECT_EQ(line.kind, LineKind::Reload);
  EXPECT_EQ(line.node, "n1");
  EXPECT_EQ(line.time, "1970-01-01T00:02:10.000000000Z");
  EXPECT_EQ(line.verdict, "stale");
  EXPECT_EQ(line.cause, "no_watcher");
  EXPECT_EQ(line.evidence, "watches \"nothing\" of </script>\n\x01 caf\xef\xbf\xbd");
  EXPECT_EQ(line.advice, "tell it");
  EXPECT_EQ(line.confidence, "degraded");
  EXPECT_EQ(line.volume.kind, "configmap");
  EXPECT_EQ(line.volume.name, "config");
  EXPECT_EQ(line.volume.path, "/etc/config");
  EXPECT_EQ(line.volume.host_path, "/var/lib/kubelet/pods/u/volumes/config");
  EXPECT_EQ(line.reader.pod_namespace, "risk");
  EXPECT_EQ(line.reader.pod, "risk-7d9f");
  EXPECT_EQ(line.reader.container, "app");
  EXPECT_EQ(line.reader.container_id, "c0ffee");
  EXPECT_EQ(line.process.pid, 1234U);
  EXPECT_EQ(line.process.comm, "java");
  EXPECT_EQ(line.publish.time, "1970-01-01T00:00:10.000000000Z");
  EXPECT_EQ(line.publish.from, "..1");
  EXPECT_EQ(line.publish.to, "..2");
  EXPECT_EQ(line.publish.writer.comm, "kubelet");
  EXPECT_THAT(line.publish.changed, ElementsAre("app.yaml", "b.yaml"));
  EXPECT_EQ(line.config_version, "v2");
  EXPECT_EQ(line.trigger, "");
  EXPECT_FALSE(line.latency.notified);
  EXPECT_EQ(line.latency.opened, 2.1);
  ASSERT_THAT(line.processes, SizeIs(2));
  EXPECT_EQ(line.processes[1].comm, "worker");
  ASSERT_THAT(line.observers, SizeIs(1));
  EXPECT_EQ(line.observers[0].pid, 4321U);
}

TEST(LineParser, takes_a_publish_line_for_its_own_publish) {
  PublishReport report;
  report.publish = stale().publish;
  report.volume = stale().volume;
  LineParser parser;
  const std::string text = json_line(report, {"n1", 0});
  const Line& line = parsed(parser, text);
  EXPECT_EQ(line.kind, LineKind::Publish);
  EXPECT_EQ(line.publish.time, line.time);
  EXPECT_EQ(line.publish.to, "..2");
  EXPECT_EQ(line.publish.writer.pid, 900U);
  EXPECT_THAT(line.publish.changed, ElementsAre("app.yaml", "b.yaml"));
}

TEST(LineParser, gives_back_what_was_lost) {
  LineParser parser;
  const std::string text = json_line(LossReport{{}, {}, {}, {{"map_full", 3}}}, {"n1", 0});
  EXPECT_THAT(parsed(parser, text).lost, ElementsAre(Pair("map_full", 3U)));
}

TEST(LineParser, keeps_nothing_of_the_line_before) {
  LineParser parser;
  const std::string rich = json_line(stale(), {"n1", 0});
  parsed(parser, rich);
  const Line& line =
      parsed(parser, R"({"schema":1,"kind":"loss","time":"1970-01-01T00:00:00.000000000Z"})");
  EXPECT_EQ(line.verdict, "");
  EXPECT_THAT(line.publish.changed, IsEmpty());
  EXPECT_THAT(line.processes, IsEmpty());
  EXPECT_FALSE(line.latency.opened);
}

TEST(LineParser, reads_fields_in_any_order_with_blanks_and_passes_over_what_it_does_not_know) {
  LineParser parser;
  const Line& line = parsed(
      parser,
      R"( { "later" : [ { "verdict": "x" }, [1] ], "verdict" : "stale", "publish" : {"to":"g",
      "time":"t"}, "reader":{"kind":"container"}, "volume":{"kind":"secret"},
      "node":"n2", "kind":"reload", "time":"t2", "schema":1 } )");
  EXPECT_EQ(line.kind, LineKind::Reload);
  EXPECT_EQ(line.verdict, "stale");
  EXPECT_EQ(line.node, "n2");
}

TEST(LineParser, says_which_schema_a_newer_line_has) {
  LineParser parser;
  const auto result = parser.parse(R"({"schema":2,"kind":"reload","what":{"is":"this"}})");
  ASSERT_TRUE(std::holds_alternative<NewerSchema>(result));
  EXPECT_EQ(std::get<NewerSchema>(result).schema, 2U);
}

TEST(LineParser, refuses_what_is_no_line_whatever_it_is) {
  LineParser parser;
  const std::string whole = json_line(stale(), {"n1", 0});
  std::vector<std::string> bad = {
      "",
      "null",
      "7",
      "\"schema\"",
      "[]",
      "[{}]",
      "{}",
      "{\"schema\":\"1\"}",
      std::string(100'000, '['),
      std::string("{\"schema\":1,\"kind\":\"loss\",\"time\":\"t\"}") + '\0' + "x",
      R"({"schema":1,"kind":"reload","time":"t"})",
      R"({"schema":-1,"kind":"loss","time":"t"})",
      R"({"schema":1,"kind":"loss","time":"t"} {})"};
  for (std::size_t cut = 1; cut + 2 < whole.size(); cut += 7) {
    bad.push_back(whole.substr(0, cut));
  }
  for (const std::string& text : bad) {
    EXPECT_TRUE(std::holds_alternative<NoLine>(parser.parse(text))) << text;
  }
}

TEST(LineParser, takes_a_field_of_an_unexpected_shape_for_absent) {
  LineParser parser;
  const Line& line = parsed(
      parser,
      R"({"schema":1,"kind":"loss","time":"t","node":7,"processes":{"pid":1,"comm":"x"},"observers":[1,"a"],)"
      R"("latency_ms":[1],"lost":{"a":-1,"b":1e300,"c":"x"},"volume":"x","reader":[{"kind":"k"}]})");
  EXPECT_EQ(line.node, "");
  EXPECT_EQ(line.volume.kind, "");
  EXPECT_THAT(line.lost, ElementsAre(Pair("a", 0U), Pair("b", 0U)));
}

}  // namespace
}  // namespace reloadtrace
