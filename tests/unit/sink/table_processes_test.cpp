// SPDX-License-Identifier: Apache-2.0
// The processes below the row of a reader.
#include <gtest/gtest.h>

#include "tests/unit/sink/reports.h"
#include "userspace/sink/table_sink.h"

namespace reloadtrace {
namespace {

using namespace test;

std::string said(const ReloadReport& report, TableOptions options = {}) {
  Captured captured;
  TableSink sink(captured.output(), options, session());
  EXPECT_TRUE(sink.write(PublishReport{report.volume, publish(), 1}));
  captured.take();
  EXPECT_TRUE(sink.write(report));
  return captured.take();
}

ProcessUse worker(std::uint32_t pid, ProcessState state) {
  ProcessUse use;
  use.process = {pid, "nginx", "/usr/sbin/nginx"};
  use.state = state;
  return use;
}

ReloadReport of_a_server(Verdict verdict) {
  ReloadReport report = test::verdict(verdict, container("web", 2210, "nginx"), at_ms(121'203));
  report.evidence = "2 of its 3 processes have not reread app.yaml";
  report.advice = "restart the workers";
  if (verdict == Verdict::Partial) {
    report.cause = Cause::HeldOldFd;
  }
  ProcessUse old = worker(2214, ProcessState::Old);
  old.holds = {std::string("app.yaml of ") + kOld};
  report.processes = {worker(2210, ProcessState::Reread), old,
                      worker(32'215, ProcessState::Untouched)};
  return report;
}

TEST(TableProcesses, say_how_far_each_has_come_when_they_differ) {
  EXPECT_EQ(said(of_a_server(Verdict::Partial)), R"(  in pod risk/engine-7d9f
  ✘ web             nginx[2210]       partial       2 min  held_old_fd
                    2 of its 3 processes have not reread app.yaml
                    ✔ nginx[2210]   reread
                    ✘ nginx[2214]   still holds app.yaml of ..2026_11_19_08_14_55.77
                    · nginx[32215]  never used it
                    → restart the workers
)");
}

TEST(TableProcesses, stand_below_a_good_verdict_too_when_they_differ) {
  ReloadReport report = of_a_server(Verdict::Reloaded);
  report.advice.clear();
  report.latency.read = Duration(2'400'789);
  report.processes.pop_back();
  report.processes[1].holds.clear();
  report.processes[1].files = {{"app.yaml", kOld, 812, 812, true}};
  EXPECT_EQ(said(report), R"(  in pod risk/engine-7d9f
  ✔ web             nginx[2210]       reloaded     2.4 ms
                    ✔ nginx[2210]  reread
                    ✘ nginx[2214]  last read app.yaml of ..2026_11_19_08_14_55.77
)");
}

TEST(TableProcesses, are_left_out_when_all_have_reread) {
  ReloadReport report = of_a_server(Verdict::Reloaded);
  report.advice.clear();
  report.processes = {worker(2210, ProcessState::Reread), worker(2214, ProcessState::Reread)};
  EXPECT_EQ(said(report), R"(  in pod risk/engine-7d9f
  ✔ web             nginx[2210]       reloaded
)");
}

TEST(TableProcesses, are_left_out_when_there_is_one) {
  ReloadReport report = of_a_server(Verdict::Stale);
  report.processes.resize(1);
  EXPECT_EQ(said(report).find("reread\n"), std::string::npos);
}

TEST(TableProcesses, share_a_line_when_the_same_is_to_be_said_of_them) {
  ReloadReport report = of_a_server(Verdict::Stale);
  report.processes.clear();
  for (std::uint32_t pid = 10; pid < 74; ++pid) {
    report.processes.push_back(worker(pid, ProcessState::Old));
  }
  report.processes.push_back(worker(7, ProcessState::Reread));
  report.processes.back().began_after = true;
  EXPECT_EQ(said(report), R"(  in pod risk/engine-7d9f
  ✘ web             nginx[2210]       stale         2 min
                    2 of its 3 processes have not reread app.yaml
                    ✘ nginx[10], nginx[11], nginx[12], nginx[13], nginx[14], nginx[15] and 58 more
                      read nothing newer
                    ✔ nginx[7]  reread, began after the publish
                    → restart the workers
)");
}

TEST(TableProcesses, say_what_was_read_in_part_but_never_how_much_of_a_secret) {
  ReloadReport report = of_a_server(Verdict::Partial);
  report.processes = {worker(1, ProcessState::Reread), worker(2, ProcessState::Partly),
                      worker(3, ProcessState::Partly)};
  report.processes[1].files = {{"tls.crt", kNew, 4096, 8120, false},
                               {"tls.key", kNew, 1704, 1704, true}};
  report.processes[2].files = {{"tls.crt", kOld, 8120, 8120, true},
                               {"tls.key", kNew, 1704, 1704, true}};
  EXPECT_NE(said(report).find("✘ nginx[2]  read tls.key, 4096 of 8120 B of tls.crt\n"),
            std::string::npos)
      << said(report);
  EXPECT_NE(said(report).find("✘ nginx[3]  reread tls.key only\n"), std::string::npos);
  report.volume = secret();
  EXPECT_NE(said(report).find("✘ nginx[2]  read tls.key, part of tls.crt\n"), std::string::npos)
      << said(report);
}

TEST(TableProcesses, let_no_name_of_theirs_reach_the_terminal_unescaped) {
  const std::string hostile = "x\x1b[2J\n\x07\xff\u202e";
  ReloadReport report = of_a_server(Verdict::Partial);
  report.processes[1].process.comm = report.processes[1].holds[0] = hostile;
  report.processes[2].state = ProcessState::Partly;
  report.processes[2].files = {{hostile, kNew, 1, 2, false}};
  const std::string text = said(report);
  EXPECT_EQ(text.find_first_of("\x1b\x07\xff"), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_NE(text.find(R"(x\x1b[2J\n\x07\xff\u202e[2214])"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(still holds x\x1b[2J\n)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(1 of 2 B of x\x1b[2J\n)"), std::string::npos) << text;
}

TEST(TableProcesses, keep_within_the_columns) {
  ReloadReport report = of_a_server(Verdict::Partial);
  report.processes[1].process.comm = std::string(200, 'n');
  report.processes[1].holds.assign(5, std::string(100, 'f'));
  for (const int columns : {0, 60, 80, 100, 200}) {
    std::istringstream text(said(report, {false, columns, Charset::Utf8}));
    for (std::string line; std::getline(text, line);) {
      EXPECT_LE(display_width(line), static_cast<std::size_t>(std::max(columns, 60))) << line;
    }
  }
}

}  // namespace
}  // namespace reloadtrace
