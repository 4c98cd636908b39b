// SPDX-License-Identifier: Apache-2.0
// What each report looks like, at 100 columns and without colour.
#include "userspace/sink/table_sink.h"

#include <gtest/gtest.h>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using namespace test;

class TableSinkTest : public ::testing::Test {
 protected:
  TableSinkTest() { said(start()); }

  std::string said(const Report& report) {
    EXPECT_TRUE(sink_.write(report));
    return captured_.take();
  }

  Captured captured_;
  TableSink sink_{captured_.output(), {false, 100, Charset::Utf8}};
};

TEST_F(TableSinkTest, starts_with_what_it_watches_and_names_the_hooks_that_are_missing) {
  EXPECT_EQ(
      said(start()),
      R"(reloadtrace 1.0  node n1  kernel 6.12.117  24 volumes, 1 reader  hooks 2/3  2026-11-22 UTC
! hooks missing: io_uring (verdicts that need them say degraded)
)");
}

TEST_F(TableSinkTest, opens_a_block_for_a_publish) {
  PublishReport report{configmap(), publish(), 3};
  report.publish.changed = {{"app.yaml", "modified"}, {"old.yaml", "removed"}};
  EXPECT_EQ(said(report), R"(
● 12:00:01.203  configmap config  changed app.yaml  removed old.yaml
                → ..2026_11_22_12_00_01.491364466  by kubelet[900]  3 readers
)");
}

TEST_F(TableSinkTest, counts_changed_files_beyond_the_first_six) {
  PublishReport report{directory(), publish(), 0};
  report.publish.writer = {};
  report.publish.changed.assign(9, {"a.conf", "added"});
  EXPECT_EQ(said(report), R"(
● 12:00:01.203  directory /etc/nginx/conf.d
                added a.conf, a.conf, a.conf, a.conf, a.conf, a.conf and 3 more
                → ..2026_11_22_12_00_01.491364466  nobody reads it
)");
}

TEST_F(TableSinkTest, says_on_one_line_how_a_good_reload_went) {
  said(PublishReport{configmap(), publish(), 3});
  ReloadReport report = reloaded();
  report.observers.clear();
  EXPECT_EQ(said(report), R"(  in pod risk/engine-7d9f
  ✔ app             java[1234]        reloaded     2.4 ms  inotify +0.4 ms  open +2.1 ms  812 B
)");
}

TEST_F(TableSinkTest, says_who_else_read_without_counting_it) {
  said(PublishReport{configmap(), publish(), 3});
  EXPECT_EQ(said(reloaded()), R"(  in pod risk/engine-7d9f
  ✔ app             java[1234]        reloaded     2.4 ms  inotify +0.4 ms  open +2.1 ms  812 B
                    not counted: cat[4321] read it too, from outside the application
)");
}

TEST_F(TableSinkTest, says_cause_evidence_and_advice_of_a_failure) {
  said(PublishReport{configmap(), publish(), 3});
  said(reloaded());
  ReloadReport report = stale();
  report.degraded = true;
  EXPECT_EQ(said(report),
            R"(  ✘ sidecar         nginx[2210]       stale         2 min  no_watcher  (degraded)
                    last read 3 d ago, watches nothing, got no signal
                    → send SIGHUP after the swap, or run a reloader sidecar
)");
}

TEST_F(TableSinkTest, wraps_long_sentences_under_their_beginning) {
  said(PublishReport{configmap(), publish(), 3});
  said(reloaded());
  ReloadReport report = verdict(Verdict::Partial, container("app", 1234, "java"), at_ms(1210));
  report.cause = Cause::IncompleteRead;
  report.evidence =
      "read 4096 of 8120 bytes of app.yaml, then closed it, and nothing more was read before the "
      "deadline";
  report.advice =
      "read to the end of the file: a buffer of 4096 bytes looks too small for what the file has "
      "become";
  EXPECT_EQ(said(report),
            R"(  ✘ app             java[1234]        partial     at once  incomplete_read
                    read 4096 of 8120 bytes of app.yaml, then closed it, and nothing more was read
                    before the deadline
                    → read to the end of the file: a buffer of 4096 bytes looks too small for what
                      the file has become
)");
}

TEST_F(TableSinkTest, keeps_verdicts_that_ask_for_nothing_to_one_line) {
  said(PublishReport{configmap(), publish(), 3});
  said(reloaded());
  const auto quiet = [this](Verdict verdict, std::string evidence) {
    ReloadReport report = test::verdict(verdict, container("app", 1234, "java"), at_ms(3203));
    report.evidence = std::move(evidence);
    return said(report);
  };
  EXPECT_EQ(
      quiet(Verdict::Unchanged, "no byte of b.yaml changed"),
      "  · app             java[1234]        unchanged            no byte of b.yaml changed\n");
  EXPECT_EQ(
      quiet(Verdict::Superseded, "the next publish came first"),
      "  · app             java[1234]        superseded    2.0 s  the next publish came first\n");
  EXPECT_EQ(quiet(Verdict::Exited, "the container ended"),
            "  · app             java[1234]        exited        2.0 s  the container ended\n");
  EXPECT_EQ(
      quiet(Verdict::Pending, "the tracer was stopped first"),
      "  · app             java[1234]        pending       2.0 s  the tracer was stopped first\n");
}

TEST_F(TableSinkTest, says_why_it_does_not_know) {
  said(PublishReport{configmap(), publish(), 3});
  said(reloaded());
  ReloadReport report = verdict(Verdict::Unknown, container("app", 1234, "java"), at_ms(61'203));
  report.evidence = "1240 events were lost, so a reread may have been missed";
  report.degraded = true;
  EXPECT_EQ(said(report), R"(  ? app             java[1234]        unknown      60.0 s  (degraded)
                    1240 events were lost, so a reread may have been missed
)");
}

TEST_F(TableSinkTest, shows_by_which_signal_a_late_reload_came) {
  said(PublishReport{configmap(), publish(), 3});
  said(reloaded());
  ReloadReport report = reloaded();
  report.verdict = Verdict::Late;
  report.observers.clear();
  report.trigger = TriggerInfo{TriggerKind::Signal, "SIGHUP from sh[7]"};
  report.latency = {Duration(300'000'000'000), std::nullopt, Duration(300'500'000'000)};
  report.evidence = "read app.yaml 5 min after the swap";
  report.files.push_back(report.files[0]);
  EXPECT_EQ(
      said(report),
      R"(  ✔ app             java[1234]        late          5 min  SIGHUP from sh[7] +5 min  2 files
                    read app.yaml 5 min after the swap
)");
}

TEST_F(TableSinkTest, never_says_the_size_of_a_secret) {
  ReloadReport report = reloaded();
  report.volume = secret();
  report.files = {{"tls.key", kNew, 1704, 1704, true}};
  EXPECT_EQ(said(report).find("1704"), std::string::npos);
  EventReport event = opened(secret());
  event.numbers = {{"fd", 7}, {"bytes", 1704}};
  EXPECT_EQ(
      said(event),
      "  12:00:01.204  open          app  java[1234]  file=app.yaml  generation=..new  fd=7\n");
}

TEST_F(TableSinkTest, gives_an_event_one_line_cut_at_the_edge) {
  EventReport report = opened(configmap());
  EXPECT_EQ(said(report),
            "  12:00:01.204  open          app  java[1234]  file=app.yaml  generation=..new  fd=7  "
            "size=812\n");
  report.text.push_back({"path", "/etc/config/app.yaml"});
  EXPECT_EQ(said(report),
            "  12:00:01.204  open          app  java[1234]  file=app.yaml  generation=..new  "
            "path=/etc/config/ap…\n");
}

TEST_F(TableSinkTest, puts_a_pid_behind_the_name_that_it_belongs_to) {
  EventReport report = opened(secret());
  report.event = "signal";
  report.text = {{"signal", "SIGHUP"}, {"sender", "s\nh"}, {"outcome", "dropped"}};
  report.numbers = {{"sender_pid", 7}, {"namespace_pid", 1}};
  EXPECT_EQ(said(report),
            "  12:00:01.204  signal        app  java[1234]  signal=SIGHUP  sender=s\\nh[7]  "
            "outcome=dropped  name…\n");
}

TEST_F(TableSinkTest, says_whether_a_reader_can_reload) {
  EXPECT_EQ(said(reader()),
            R"(  ✔ can reload     risk/engine-7d9f  app  java[1234]  configmap config at /etc/config
                   watches the volume's root
                   watches . (root) for IN_MOVED_TO|IN_CREATE, by pid 1234
)");
  ReaderReport report = reader();
  report.reader = host_process(555, "nginx");
  report.volume = directory();
  report.can_reload = "no";
  report.cause = Cause::NoWatcher;
  report.evidence = "watches nothing";
  report.advice = "send SIGHUP";
  report.watches.clear();
  EXPECT_EQ(said(report),
            R"(  ✘ cannot reload  (host)  nginx[555]  directory /etc/nginx/conf.d  no_watcher
                   watches nothing
                   → send SIGHUP
)");
}

TEST_F(TableSinkTest, warns_of_lost_events) {
  EXPECT_EQ(
      said(loss()),
      R"(! 12:01:00.000  1240 events lost in 3.2 s (map_full 40, ring_full 1200): no verdict of that time
                says stale
)");
}

TEST_F(TableSinkTest, says_dropped_lines_without_doubting_verdicts) {
  EXPECT_EQ(said(drop()), "! 12:01:00.000  12 reports dropped: the output was read too slowly\n");
  StopReport report = stop();
  report.dropped = 1;
  EXPECT_EQ(said(report), R"(
stopped 12:10:00.000  after 10 min  11 verdicts  8 reloaded  2 stale  1 pending
! 1 report dropped: the output was read too slowly
)");
}

TEST_F(TableSinkTest, ends_with_the_totals) {
  StopReport report = stop();
  report.lost = {{"ring_full", 1}};
  EXPECT_EQ(said(report), R"(
stopped 12:10:00.000  after 10 min  11 verdicts  8 reloaded  2 stale  1 pending
! 1 event lost (ring_full 1)
)");
}

}  // namespace
}  // namespace reloadtrace
