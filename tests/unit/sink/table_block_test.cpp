// SPDX-License-Identifier: Apache-2.0
// Blocks that interleave, terminals of other widths and kinds, and names that mean harm.
#include <gtest/gtest.h>

#include "tests/unit/sink/reports.h"
#include "userspace/sink/table_sink.h"

namespace reloadtrace {
namespace {

using namespace test;

// All that a sink says to these reports, after a start.
std::string said(const std::vector<Report>& reports, TableOptions options = {}) {
  Captured captured;
  TableSink sink(captured.output(), options);
  EXPECT_TRUE(sink.write(start()));
  captured.take();
  for (const Report& report : reports) {
    EXPECT_TRUE(sink.write(report));
  }
  return captured.take();
}

ReloadReport plain(Verdict verdict, ReaderInfo reader) {
  return test::verdict(verdict, std::move(reader), at_ms(3203));
}

PublishReport second_publish() {
  PublishReport report{secret(), publish(), 1};
  report.publish.at = at_ms(2000);
  report.publish.changed = {{"tls.key", "modified"}};
  return report;
}

TEST(TableBlock, repeats_a_short_header_when_another_publish_came_in_between) {
  EXPECT_EQ(said({PublishReport{configmap(), publish(), 2}, second_publish(), stale()}), R"(
● 12:00:01.203  configmap config  changed app.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  2 readers

● 12:00:02.000  secret tls  changed tls.key
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  1 reader
● 12:00:01.203  risk/engine-7d9f  configmap config  (continued)
  ✘ sidecar         nginx[2210]       stale         2 min  no_watcher
                    last read 3 d ago, watches nothing, got no signal
                    → send SIGHUP after the swap, or run a reloader sidecar
)");
}

TEST(TableBlock, names_the_keys_that_changed_below_its_header) {
  PublishReport report{configmap(), publish(), 2};
  ChangedKeys keys;
  keys.keys = {
      {"log.level", "modified", "", ""}, {"old", "removed", "", ""}, {"new", "added", "", ""}};
  keys.more = 4;
  ChangedKeys values;
  values.keys = {{"log.level", "modified", "info", "debug"}, {"new", "added", "", "\x1b[2J"}};
  ChangedKeys pseudo;
  pseudo.pseudo = true;
  report.publish.changed = {
      {"a.yaml", "modified", keys},
      {"b.yaml", "modified", values},
      {"c.yaml", "modified", pseudo},
      {"d.yaml", "modified", ChangedKeys{"larger than 1 MiB", {}, 0, 0, false}}};
  EXPECT_EQ(said({report}), R"(
● 12:00:01.203  configmap config  changed a.yaml, b.yaml, c.yaml, d.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  2 readers
                a.yaml:  log.level  -old  +new  and 4 more
                b.yaml:  log.level: info → debug  +new: \x1b[2J
                c.yaml:  only comments, order or white space
                d.yaml:  keys not compared: larger than 1 MiB
)");
}

TEST(TableBlock, repeats_the_header_when_many_other_lines_came_in_between) {
  std::vector<Report> reports = {PublishReport{configmap(), publish(), 2}};
  reports.insert(reports.end(), 12, opened(configmap()));
  reports.push_back(stale());
  EXPECT_EQ(said(reports).find("(continued)"), std::string::npos);
  reports.insert(reports.begin() + 1, opened(configmap()));
  EXPECT_NE(said(reports).find("(continued)"), std::string::npos);
}

TEST(TableBlock, names_the_pod_in_the_header_once_it_is_known) {
  PublishReport next{configmap(), publish(), 2};
  next.publish.at = at_ms(5000);
  EXPECT_EQ(said({reader(), next}), said({reader()}) + R"(
● 12:00:05.000  risk/engine-7d9f  configmap config  changed app.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  2 readers
)");
}

TEST(TableBlock, names_the_pod_in_the_header_of_a_first_publish_that_knows_it) {
  PublishReport first{configmap(), publish(), 2};
  first.pod_namespace = "risk";
  first.pod = "engine-\x1b[7d9f";
  EXPECT_NE(said({first}).find("risk/engine-\\x1b[7d9f  configmap config"), std::string::npos)
      << said({first});
}

TEST(TableBlock, says_to_which_pod_each_reader_of_a_shared_directory_belongs) {
  ReloadReport first = plain(Verdict::Exited, container("one", 1, "a"));
  ReloadReport second = plain(Verdict::Exited, container("two", 2, "b"));
  ReloadReport third = plain(Verdict::Exited, container("three", 3, "c"));
  ReloadReport fourth = plain(Verdict::Exited, host_process(4, "d"));
  second.reader.pod = "other-0";
  third.reader.pod = third.reader.pod_namespace = "";
  for (ReloadReport* report : {&first, &second, &third, &fourth}) {
    report->volume = directory();
  }
  EXPECT_EQ(said({PublishReport{directory(), publish(), 4}, first, second, third, fourth}), R"(
● 12:00:01.203  directory /etc/nginx/conf.d  changed app.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  4 readers
  in pod risk/engine-7d9f
  · one             a[1]              exited        2.0 s
  in pod risk/other-0
  · two             b[2]              exited        2.0 s
  in no pod
  · three           c[3]              exited        2.0 s
  · (host)          d[4]              exited        2.0 s
)");
}

TEST(TableBlock, says_when_a_new_day_has_begun) {
  PublishReport report{directory(), publish(), 1};
  report.publish.at = at_ms(12 * 3600 * 1000 + 5);
  EXPECT_EQ(said({report}), R"(
2026-11-23 UTC

● 00:00:00.005  directory /etc/nginx/conf.d  changed app.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  1 reader
)");
}

TEST(TableBlock, widens_columns_for_long_names_while_a_cause_still_fits) {
  ReloadReport report = stale();
  report.reader.name = "prometheus-config-reloader";
  report.process = ProcessInfo{1234567, "prometheus-conf", ""};
  report.cause = Cause::EventNotConsumed;
  report.evidence = report.advice = "";
  EXPECT_EQ(said({report, plain(Verdict::Exited, container("app", 1, "a"))}),
            R"(● 12:00:01.203  risk/engine-7d9f  configmap config  (continued)
  ✘ prometheus-config-reloader  prometheus-conf[1234567]  stale         2 min  event_not_consumed
  · app                         a[1]                      exited        2.0 s
)");
}

TEST(TableBlock, fits_into_80_columns) {
  ReloadReport report = stale();
  report.reader.name = "prometheus-config-reloader";
  report.process = ProcessInfo{1234567, "prometheus-conf", ""};
  report.degraded = true;
  const std::string text =
      said({PublishReport{configmap(), publish(), 2}, reloaded(), report, loss(), stop()},
           {false, 80, Charset::Utf8});
  EXPECT_EQ(text, R"(
● 12:00:01.203  configmap config  changed app.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  2 readers
  in pod risk/engine-7d9f
  ✔ app             java[1234]        reloaded     2.4 ms  inotify +0.4 ms
                    not counted: cat[4321] read it too, from outside the
                    application
  ✘ prometh…loader  promethe…[1234567]  stale         2 min  no_watcher
                    (degraded)
                    last read 3 d ago, watches nothing, got no signal
                    → send SIGHUP after the swap, or run a reloader sidecar
! 12:01:00.000  1240 events lost in 3.2 s (map_full 40, ring_full 1200): no
                verdict of that time says stale

stopped 12:10:00.000  after 10 min  11 verdicts  8 reloaded  2 stale  1 pending
)");
}

TEST(TableBlock, never_exceeds_the_columns_however_long_the_names) {
  const std::string long_name(200, 'n');
  ReloadReport report = stale();
  report.reader.name = report.reader.pod = report.volume.name = report.evidence = long_name;
  PublishReport publish_report{report.volume, publish(), 1};
  publish_report.publish.changed = {{long_name, "modified"}};
  publish_report.publish.to = long_name;
  ReaderReport reader_report = reader();
  reader_report.reader = report.reader;
  reader_report.volume = report.volume;
  for (const int columns : {0, 60, 80, 100, 200}) {
    std::istringstream text(said({publish_report, report, reader_report, opened(report.volume)},
                                 {false, columns, Charset::Utf8}));
    for (std::string line; std::getline(text, line);) {
      EXPECT_LE(display_width(line), static_cast<std::size_t>(std::max(columns, 60))) << line;
    }
  }
}

TEST(TableBlock, keeps_to_ASCII_where_the_locale_has_no_more) {
  const std::string text =
      said({PublishReport{configmap(), publish(), 1}, stale()}, {false, 100, Charset::Ascii});
  EXPECT_EQ(text, R"(
* 12:00:01.203  configmap config  changed app.yaml
                -> ..2026_11_22_12_00_01.491364466  by kubelet[900]  1 reader
  in pod risk/engine-7d9f
  x sidecar         nginx[2210]       stale         2 min  no_watcher
                    last read 3 d ago, watches nothing, got no signal
                    -> send SIGHUP after the swap, or run a reloader sidecar
)");
}

TEST(TableBlock, colours_the_verdict_and_its_cause) {
  const std::string text =
      said({PublishReport{configmap(), publish(), 1}, stale()}, {true, 100, Charset::Utf8});
  EXPECT_EQ(text,
            "\n\x1b[36m●\x1b[0m 12:00:01.203  \x1b[1mconfigmap config\x1b[0m  changed app.yaml\n"
            "                \x1b[2m→ ..2026_11_22_12_00_01.491364466\x1b[0m  "
            "\x1b[2mby kubelet[900]\x1b[0m  \x1b[2m1 reader\x1b[0m\n"
            "\x1b[2m  in pod \x1b[0m\x1b[36mrisk/engine-7d9f\x1b[0m\n"
            "  \x1b[1;31m✘\x1b[0m sidecar         nginx[2210]       \x1b[1;31mstale      \x1b[0m   "
            "2 min  "
            "\x1b[1;31mno_watcher\x1b[0m\n"
            "                    last read 3 d ago, watches nothing, got no signal\n"
            "                    \x1b[36m→ \x1b[0msend SIGHUP after the swap, or run a reloader "
            "sidecar\n");
}

TEST(TableBlock, lets_no_name_reach_the_terminal_unescaped) {
  const std::string hostile = "x\x1b[2J\n\x07\xff\u202e";
  ReloadReport report = stale();
  PublishReport publish_report{configmap(), publish(), 1};
  ReaderReport reader_report = reader();
  EventReport event = opened(configmap());
  StartReport start_report = start();
  LossReport loss_report = loss();
  for (std::string* name :
       {&report.reader.name, &report.reader.pod, &report.process->comm, &report.evidence,
        &report.advice, &report.volume.name, &publish_report.volume.name,
        &publish_report.volume.kind, &publish_report.publish.to,
        &publish_report.publish.writer.comm, &publish_report.publish.changed[0].file,
        &reader_report.watches[0].target, &reader_report.volume.path, &event.event,
        &event.text[0].second, &start_report.node, &start_report.kernel,
        &start_report.hooks[2].first}) {
    *name = hostile;
  }
  loss_report.lost[hostile] = 1;
  report.observers = {{1, hostile, ""}};
  const std::string text =
      said({start_report, publish_report, report, reader_report, event, loss_report});
  EXPECT_EQ(text.find_first_of("\x1b\x07\xff"), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_NE(text.find(R"(x\x1b[2J\n\x07\xff\u202e)"), std::string::npos);
}

TEST(TableBlock, repeats_the_header_that_a_full_disk_has_swallowed) {
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  Output output = Output::of(UniqueFd(fd));
  TableSink sink(output, {}, session());
  EXPECT_FALSE(sink.write(PublishReport{configmap(), publish(), 1}));

  const UniqueFd memory(::memfd_create("captured", MFD_CLOEXEC));
  ::dup2(memory.get(), fd);  // the disk has room again
  EXPECT_TRUE(sink.write(plain(Verdict::Exited, container("app", 1, "a"))));
  char text[256] = "";
  EXPECT_GT(::pread(memory.get(), text, sizeof text - 1, 0), 0);
  EXPECT_STREQ(text, R"(● 12:00:01.203  risk/engine-7d9f  configmap config  (continued)
  · app             a[1]              exited        2.0 s
)");
}

}  // namespace
}  // namespace reloadtrace
