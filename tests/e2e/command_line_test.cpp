// SPDX-License-Identifier: Apache-2.0
// What each option promises.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

class CommandLine : public Story {
 protected:
  // What was said on standard error, when the tracer has ended.
  std::string errors() { return tracer_->stop().errors; }
};

TEST_F(CommandLine, container_judges_that_one_alone) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& wanted = start("directory-watcher");
  start("no-watcher");
  view_ = {"--container", wanted.id().substr(0, 12)};
  trace({}, "1");
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict(wanted).at("verdict"), "reloaded");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(of_kind(tracer_->stop().lines, "reload").size(), 1U);
  EXPECT_EQ(errors().find("waiting for"), std::string::npos) << errors();
}

TEST_F(CommandLine, pid_judges_the_container_with_that_process) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& wanted = start("directory-watcher");
  start("no-watcher");
  view_ = {"--pid", std::to_string(wanted.pid())};
  trace({}, "1");
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict(wanted).at("process").at("pid"), wanted.pid());
  EXPECT_EQ(of_kind(tracer_->stop().lines, "reload").size(), 1U);
}

TEST_F(CommandLine, a_container_that_does_not_exist_is_waited_for) {
  volume_.publish({{"app.yaml", "one"}});
  trace({"--container", "no-such-container"});
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_NE(errors().find("waiting for container no-such-container"), std::string::npos)
      << errors();
}

TEST_F(CommandLine, events_shows_the_evidence_of_a_reload) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace({"--events"});
  volume_.publish({{"app.yaml", "two"}});
  verdict();
  std::set<std::string> seen;
  for (const Line& line : of_kind(tracer_->stop().lines, "event")) {
    seen.insert(line.at("event"));
  }
  for (const char* wanted : {"notify", "open", "read"}) {
    EXPECT_TRUE(seen.contains(wanted)) << wanted;
  }
  EXPECT_FALSE(of_kind(tracer_->stop().lines, "reader").empty());
}

TEST_F(CommandLine, count_stops_after_that_many_verdicts) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace({"--count", "1"});
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(tracer_->process().wait(std::chrono::seconds(5)), 0);
}

TEST_F(CommandLine, duration_stops_after_that_long) {
  const Completed ended =
      run_tracer({"--path", volume_.path(), "--duration", "0.3", "--format", "table"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_NE(ended.output.find("stopped"), std::string::npos) << ended.output;
}

TEST_F(CommandLine, output_is_opened_anew_on_sighup) {
  volume_.publish({{"app.yaml", "one"}});
  TemporaryDirectory directory;
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--output", directory.at("lines")}});
  ASSERT_TRUE(tracer.errors().wait_for("ready:", std::chrono::seconds(20)));
  std::filesystem::rename(directory.at("lines"), directory.at("lines.1"));
  tracer.signal(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  volume_.publish({{"app.yaml", "two"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  tracer.signal(SIGTERM);
  EXPECT_EQ(tracer.wait(std::chrono::seconds(10)), 0);
  EXPECT_EQ(of_kind(parse_lines(read_file(directory.at("lines.1"))), "start").size(), 1U);
  const Lines after = parse_lines(read_file(directory.at("lines")));
  EXPECT_EQ(of_kind(after, "publish").size(), 1U);
  EXPECT_EQ(after.back().at("kind"), "stop");
}

TEST_F(CommandLine, a_missing_hook_makes_stale_unknown_and_says_so) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  trace({"--without-hook", "mmap"}, "0.5");
  volume_.publish({{"app.yaml", "two"}});
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "unknown") << said.dump(1);
  EXPECT_EQ(said.at("confidence"), "degraded");
  EXPECT_NE(said.at("evidence").get<std::string>().find("mmap"), std::string::npos);
  EXPECT_EQ(tracer_->lines().front().at("hooks").at("mmap"), "missing");
}

TEST_F(CommandLine, a_required_hook_that_is_missing_is_named) {
  const Completed ended = run_tracer({"--path", volume_.path(), "--without-hook", "read"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.errors.find("read"), std::string::npos) << ended.errors;
}

TEST_F(CommandLine, a_hook_that_attaches_and_delivers_nothing_is_missing) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  trace({"--mute-hook", "mmap"}, "0.5");
  volume_.publish({{"app.yaml", "two"}});
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "unknown") << said.dump(1);
  EXPECT_EQ(said.at("confidence"), "degraded");
  EXPECT_EQ(tracer_->lines().front().at("hooks").at("mmap"), "missing");
}

TEST_F(CommandLine, check_says_which_hooks_deliver) {
  const Completed muted = run_tracer({"check", "--mute-hook", "poll", "--format", "json"});
  const Line said = parse_lines(muted.output).at(0);
  EXPECT_EQ(said.at("hooks").at("poll"), "missing");
  EXPECT_EQ(said.at("self_test").at("poll"), "silent");
  EXPECT_EQ(said.at("self_test").at("read"), "delivers");
  EXPECT_EQ(said.at("self_test").at("exec"), "not_tried");
  const Completed table = run_tracer({"check", "--mute-hook", "poll"});
  EXPECT_NE(table.output.find("their period (it attaches, and delivers nothing)\n"),
            std::string::npos)
      << table.output;
  EXPECT_NE(table.output.find("\nthe others were seen to deliver; not tried: exec, adopt,"),
            std::string::npos)
      << table.output;
  const Completed required = run_tracer({"check", "--mute-hook", "read"});
  EXPECT_EQ(required.exit_code, 3);
  EXPECT_NE(required.output.find("cannot trace here: the hook read attaches here and delivers "
                                 "nothing; without it nothing can be said\n"),
            std::string::npos)
      << required.output;
}

TEST_F(CommandLine, check_names_every_hook) {
  const Completed table = run_tracer({"check"});
  EXPECT_EQ(table.exit_code, 0) << table.output;
  const Completed json = run_tracer({"check", "--format", "json"});
  const Lines lines = parse_lines(json.output);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front().at("can_trace"), true);
  for (const auto& [hook, state] : lines.front().at("hooks").items()) {
    EXPECT_NE(state, "missing") << hook;
    EXPECT_NE(table.output.find(hook), std::string::npos) << table.output;
  }
}

TEST_F(CommandLine, check_measures_what_the_programs_cost) {
  volume_.publish({{"app.yaml", "one"}});
  start("stat-poller", {"app.yaml", "--interval-us", "100"});
  const Completed ended =
      run_tracer({"check", "--cost", "0.5", "--path", volume_.path(), "--format", "json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.errors;
  const Line said = parse_lines(ended.output).at(0);
  EXPECT_EQ(said.at("can_trace"), true);
  const Line& cost = said.at("cost");
  EXPECT_EQ(cost.at("of"), "1 volumes tracked");
  EXPECT_GE(cost.at("seconds").get<double>(), 0.5);
  EXPECT_GT(cost.at("total").at("runs").get<std::uint64_t>(), 100U);
  EXPECT_GT(cost.at("total").at("cpu_percent").get<double>(), 0.0);
  const std::string costliest = cost.at("programs").at(0).at("program");
  EXPECT_TRUE(costliest.starts_with("on_syscall") || costliest.starts_with("sys_newfstatat"))
      << costliest << " sees the poller, in neither tier";

  trace({}, "1");
  const Completed running =
      run_tracer({"check", "--cost", "0.5", "--pid", std::to_string(tracer_->process().pid())});
  ASSERT_EQ(running.exit_code, 0) << running.errors;
  EXPECT_NE(running.output.find("  " + costliest), std::string::npos) << running.output;
  EXPECT_NE(running.output.find(", process "), std::string::npos) << running.output;
}

TEST_F(CommandLine, check_says_why_it_cannot_measure_a_process) {
  const Completed none = run_tracer({"check", "--cost", "0.1", "--pid", "1"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_EQ(none.errors, "reloadtrace: process 1 has no BPF programs\n");
  EXPECT_EQ(run_tracer({"check", "--pid", "1"}).exit_code, 2);
}

}  // namespace
}  // namespace reloadtrace::testing
