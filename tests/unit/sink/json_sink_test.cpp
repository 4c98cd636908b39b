// SPDX-License-Identifier: Apache-2.0
// Whole lines, as the contract prints them.
#include "userspace/sink/json_sink.h"

#include <gtest/gtest.h>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using namespace test;

std::string line(const Report& report) {
  return json_line(report, session());
}

TEST(JsonSink, says_what_is_attached_when_it_starts) {
  EXPECT_EQ(line(start()),
            R"({"schema":1,"kind":"start","time":"2026-11-22T12:00:00.000000000Z","node":"n1",)"
            R"("version":"1.0","kernel":"6.12.117",)"
            R"("hooks":{"open":"tracepoint","rename":"fentry","io_uring":"missing"},)"
            R"("volumes":24,"readers":1})"
            "\n");
}

TEST(JsonSink, says_what_a_publish_changed) {
  PublishReport report{configmap(), publish(), 3};
  report.publish.changed.push_back({"new.yaml", "added"});
  EXPECT_EQ(
      line(report),
      R"({"schema":1,"kind":"publish","time":"2026-11-22T12:00:01.203000000Z","node":"n1",)"
      R"("volume":{"kind":"configmap","name":"config","path":"/etc/config",)"
      R"("host_path":"/var/lib/kubelet/pods/u1/config","pod_uid":"u1"},)"
      R"("from":"..2026_11_19_08_14_55.77","to":"..2026_11_22_12_00_01.491364466",)"
      R"("writer":{"pid":900,"comm":"kubelet"},)"
      R"("changed":[{"file":"app.yaml","change":"modified"},{"file":"new.yaml","change":"added"}],)"
      R"("readers":3})"
      "\n");
}

TEST(JsonSink, says_what_the_generation_calls_itself_when_that_is_known) {
  PublishReport published{configmap(), publish(), 3};
  ReloadReport verdict = reloaded();
  EXPECT_EQ(line(published).find("config_version"), std::string::npos);
  EXPECT_EQ(line(verdict).find("config_version"), std::string::npos);
  published.publish.config_version = verdict.publish.config_version = "1.4.2";
  EXPECT_NE(line(published).find(R"(,"config_version":"1.4.2",)"), std::string::npos);
  EXPECT_NE(line(verdict).find(R"(,"config_version":"1.4.2",)"), std::string::npos);
}

TEST(JsonSink, says_which_keys_changed_or_why_none_were_compared) {
  PublishReport report{configmap(), publish(), 3};
  ChangedKeys keys;
  keys.keys = {{"log.level", "modified", "", ""}, {"old", "removed", "1", ""}};
  keys.more = 7;
  keys.ignored = 2;
  report.publish.changed = {{"app.yaml", "modified", keys}};
  EXPECT_NE(line(report).find(
                R"("changed":[{"file":"app.yaml","change":"modified","pseudo":false,"keys":[)"
                R"({"key":"log.level","change":"modified"},)"
                R"({"key":"old","change":"removed","before":"1","after":""}],)"
                R"("more_keys":7,"ignored_keys":2}])"),
            std::string::npos)
      << line(report);
  report.publish.changed[0].keys = ChangedKeys{"larger than 1 MiB", {}, 0, 0, false};
  EXPECT_NE(line(report).find(
                R"({"file":"app.yaml","change":"modified","not_compared":"larger than 1 MiB"})"),
            std::string::npos)
      << line(report);
}

TEST(JsonSink, says_null_for_the_first_generation_and_a_writer_that_was_not_seen) {
  PublishReport report{directory(), {at_ms(5), "", "tmp", {}, {}}, 0};
  EXPECT_EQ(line(report),
            R"({"schema":1,"kind":"publish","time":"2026-11-22T12:00:00.005000000Z","node":"n1",)"
            R"("volume":{"kind":"directory","name":"conf.d","path":"/etc/nginx/conf.d",)"
            R"("host_path":"/etc/nginx/conf.d","pod_uid":null},)"
            R"("from":null,"to":"tmp","writer":null,"changed":[],"readers":0})"
            "\n");
}

TEST(JsonSink, says_every_field_of_a_verdict_in_the_order_of_the_contract) {
  EXPECT_EQ(line(reloaded()),
            R"({"schema":1,"kind":"reload","time":"2026-11-22T12:00:01.205400789Z","node":"n1",)"
            R"("verdict":"reloaded","cause":null,)"
            R"("evidence":"read app.yaml (812 of 812 bytes) 2.4 ms after the swap","advice":null,)"
            R"("confidence":"exact",)"
            R"("volume":{"kind":"configmap","name":"config","path":"/etc/config",)"
            R"("host_path":"/var/lib/kubelet/pods/u1/config","pod_uid":"u1"},)"
            R"("reader":{"kind":"container","namespace":"risk","pod":"engine-7d9f",)"
            R"("container":"app","container_id":"c0ffee","pod_uid":"u1"},)"
            R"("process":{"pid":1234,"comm":"java","exe":"/usr/bin/java"},)"
            R"("publish":{"time":"2026-11-22T12:00:01.203000000Z",)"
            R"("from":"..2026_11_19_08_14_55.77","to":"..2026_11_22_12_00_01.491364466",)"
            R"("writer":{"pid":900,"comm":"kubelet"},"changed":["app.yaml"]},)"
            R"("trigger":{"kind":"inotify","detail":"IN_MOVED_TO ..data"},)"
            R"("latency_ms":{"notified":0.412,"opened":2.1,"read":2.401},)"
            R"("files":[{"file":"app.yaml","generation":"..2026_11_22_12_00_01.491364466",)"
            R"("bytes":812,"size":812,"complete":true}],)"
            R"("processes":[],"observers":[{"pid":4321,"comm":"cat"}]})"
            "\n");
}

TEST(JsonSink, says_null_for_what_a_stale_host_process_does_not_have) {
  ReloadReport report = stale();
  report.volume = directory();
  report.reader = host_process(555, "nginx");
  report.process.reset();
  report.advice.clear();
  report.degraded = true;
  EXPECT_EQ(line(report),
            R"({"schema":1,"kind":"reload","time":"2026-11-22T12:02:01.203000000Z","node":"n1",)"
            R"("verdict":"stale","cause":"no_watcher",)"
            R"("evidence":"last read 3 d ago, watches nothing, got no signal","advice":null,)"
            R"("confidence":"degraded",)"
            R"("volume":{"kind":"directory","name":"conf.d","path":"/etc/nginx/conf.d",)"
            R"("host_path":"/etc/nginx/conf.d","pod_uid":null},)"
            R"("reader":{"kind":"process","pid":555,"comm":"nginx","exe":"/usr/sbin/nginx"},)"
            R"("process":null,)"
            R"("publish":{"time":"2026-11-22T12:00:01.203000000Z",)"
            R"("from":"..2026_11_19_08_14_55.77","to":"..2026_11_22_12_00_01.491364466",)"
            R"("writer":{"pid":900,"comm":"kubelet"},"changed":["app.yaml"]},)"
            R"("trigger":null,"latency_ms":{"notified":null,"opened":null,"read":null},)"
            R"("files":[],"processes":[],"observers":[]})"
            "\n");
}

TEST(JsonSink, says_how_far_each_process_has_come) {
  ReloadReport report = stale();
  ProcessUse use;
  use.process = {2214, "nginx", ""};
  use.state = ProcessState::Old;
  use.files = {{"app.yaml", kOld, 812, 812, true}};
  use.holds = {"app.yaml of ..old"};
  report.processes = {use,
                      {{2215, "nginx", "/usr/sbin/nginx"}, ProcessState::Reread, true, {}, {}}};
  EXPECT_NE(line(report).find(
                R"("processes":[{"pid":2214,"comm":"nginx","exe":null,"state":"old",)"
                R"("started_after_publish":false,)"
                R"("files":[{"file":"app.yaml","generation":"..2026_11_19_08_14_55.77",)"
                R"("bytes":812,"size":812,"complete":true}],"holds":["app.yaml of ..old"]},)"
                R"({"pid":2215,"comm":"nginx","exe":"/usr/sbin/nginx","state":"reread",)"
                R"("started_after_publish":true,"files":[],"holds":[]}],"observers":)"),
            std::string::npos)
      << line(report);
}

TEST(JsonSink, says_the_details_of_an_event_as_fields_of_its_line) {
  EXPECT_EQ(line(opened(configmap())),
            R"({"schema":1,"kind":"event","time":"2026-11-22T12:00:01.204000000Z","node":"n1",)"
            R"("volume":{"kind":"configmap","name":"config","path":"/etc/config",)"
            R"("host_path":"/var/lib/kubelet/pods/u1/config","pod_uid":"u1"},)"
            R"("reader":{"kind":"container","namespace":"risk","pod":"engine-7d9f",)"
            R"("container":"app","container_id":"c0ffee","pod_uid":"u1"},)"
            R"("process":{"pid":1234,"comm":"java","exe":"/usr/bin/java"},"event":"open",)"
            R"("file":"app.yaml","generation":"..new","fd":7,"size":812})"
            "\n");
}

TEST(JsonSink, never_lets_a_detail_replace_a_field_of_the_line) {
  EventReport report;
  report.at = at_ms(0);
  report.event = "exit";
  report.process = {7, "sh", ""};
  report.text = {{"kind", "stop"}};
  EXPECT_EQ(line(report),
            R"({"schema":1,"kind":"event","time":"2026-11-22T12:00:00.000000000Z","node":"n1",)"
            R"("volume":null,"reader":null,"process":{"pid":7,"comm":"sh","exe":null},)"
            R"("event":"exit","detail_kind":"stop"})"
            "\n");
}

TEST(JsonSink, says_whether_a_reader_can_reload_and_what_it_watches) {
  EXPECT_EQ(line(reader()),
            R"({"schema":1,"kind":"reader","time":"2026-11-22T12:00:00.500000000Z","node":"n1",)"
            R"("reader":{"kind":"container","namespace":"risk","pod":"engine-7d9f",)"
            R"("container":"app","container_id":"c0ffee","pod_uid":"u1"},)"
            R"("volume":{"kind":"configmap","name":"config","path":"/etc/config",)"
            R"("host_path":"/var/lib/kubelet/pods/u1/config","pod_uid":"u1"},)"
            R"("can_reload":"yes","cause":null,"evidence":"watches the volume's root",)"
            R"("advice":null,)"
            R"("watches":[{"target":".","kind":"root","mask":"IN_MOVED_TO|IN_CREATE","pid":1234}],)"
            R"("process":null,"programs":[]})"
            "\n");
}

TEST(JsonSink, says_what_was_lost_and_when) {
  EXPECT_EQ(line(loss()),
            R"({"schema":1,"kind":"loss","time":"2026-11-22T12:01:00.000000000Z","node":"n1",)"
            R"("lost":{"map_full":40,"ring_full":1200},)"
            R"("since":"2026-11-22T12:00:56.800000000Z","until":"2026-11-22T12:01:00.000000000Z"})"
            "\n");
}

TEST(JsonSink, says_null_for_a_time_that_is_not_known) {
  LossReport report;
  report.at = at_ms(0);
  EXPECT_EQ(line(report),
            R"({"schema":1,"kind":"loss","time":"2026-11-22T12:00:00.000000000Z","node":"n1",)"
            R"("lost":{},"since":null,"until":null})"
            "\n");
}

TEST(JsonSink, says_dropped_lines_as_one_more_cause_of_loss) {
  EXPECT_EQ(line(drop()),
            R"({"schema":1,"kind":"loss","time":"2026-11-22T12:01:00.000000000Z","node":"n1",)"
            R"("lost":{"output_queue":12},)"
            R"("since":"2026-11-22T12:00:59.000000000Z","until":"2026-11-22T12:01:00.000000000Z"})"
            "\n");
  StopReport report = stop();
  report.lost = {{"map_full", 1}};
  report.dropped = 12;
  EXPECT_NE(line(report).find(R"("lost":{"map_full":1,"output_queue":12}})"), std::string::npos);
}

TEST(JsonSink, says_the_totals_when_it_stops) {
  EXPECT_EQ(line(stop()),
            R"({"schema":1,"kind":"stop","time":"2026-11-22T12:10:00.000000000Z","node":"n1",)"
            R"("totals":{"pending":1,"reloaded":8,"stale":2},"lost":{}})"
            "\n");
}

TEST(JsonSink, takes_node_and_wall_clock_from_the_start_report) {
  Captured captured;
  JsonSink sink(captured.output());
  StopReport early;
  early.at = {5};
  ASSERT_TRUE(sink.write(early));
  EXPECT_EQ(captured.take(),
            R"({"schema":1,"kind":"stop","time":"1970-01-01T00:00:00.000000005Z","node":"",)"
            R"("totals":{},"lost":{}})"
            "\n");
  ASSERT_TRUE(sink.write(start()));
  captured.take();
  ASSERT_TRUE(sink.write(stop()));
  EXPECT_EQ(captured.take(), line(stop()));
}

TEST(JsonSink, loses_one_line_on_a_full_disk_and_reports_it) {
  Result<Output> full = Output::open("/dev/full");
  ASSERT_TRUE(full);
  JsonSink sink(*full);
  EXPECT_FALSE(sink.write(stop()));
  EXPECT_EQ(full->lost_lines(), 1U);
}

TEST(JsonSink, survives_times_beyond_every_calendar) {
  StopReport report;
  report.at = {~std::uint64_t{0}};
  EXPECT_NE(json_line(report, {"n1", INT64_MAX}).find("\"kind\":\"stop\""), std::string::npos);
  EXPECT_NE(json_line(report, {"n1", INT64_MIN}).find("\"kind\":\"stop\""), std::string::npos);
}

}  // namespace
}  // namespace reloadtrace
