// SPDX-License-Identifier: Apache-2.0
// Planted values of Secrets, and what could be computed from them: in nothing that leaves the
// process, whichever way it leaves.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/story.h"
#include "tests/support/tmux.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

// Each value itself and its digests, in the spellings in which they are usually written.
const char* const kTraces =
    "import base64, hashlib, sys\n"
    "for value in sys.argv[1:]:\n"
    "  raw = value.encode()\n"
    "  print(value)\n"
    "  print(base64.b64encode(raw).decode().rstrip('='))\n"
    "  for name in ('md5', 'sha1', 'sha256', 'sha512', 'blake2b'):\n"
    "    digest = hashlib.new(name, raw).digest()\n"
    "    print(digest.hex())\n"
    "    print(digest.hex().upper())\n"
    "    print(base64.b64encode(digest).decode().rstrip('='))\n"
    "    print(base64.urlsafe_b64encode(digest).decode().rstrip('='))\n";

class Planted : public Story {
 protected:
  void SetUp() override {
    Story::SetUp();
    RELOADTRACE_REQUIRE(why_tmux_cannot_run());
  }

  Planted() {
    for (const char* suffix : {"a", "b", "c"}) {
      values_.push_back("hunter2-" + std::to_string(::getpid()) + "-" + suffix);
      // As the whole file, too: digests of files are the most likely ones.
      values_.push_back(content(values_.back()));
    }
    Command command{{"python3", "-c", kTraces}};
    command.argv.insert(command.argv.end(), values_.begin(), values_.end());
    std::istringstream lines(run_or_throw(command));
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) {
        traces_.push_back(line);
      }
    }
  }

  static std::string content(const std::string& value) {
    return value + "-key: " + value + "\nversion: " + value + "\n";
  }
  // The nth content of the Secret.
  void publish(std::size_t nth) { secret_.publish({{"app.yaml", values_.at(2 * nth + 1)}}); }

  void expect_clean(const std::string& text, const std::string& where) const {
    for (const std::string& trace : traces_) {
      EXPECT_EQ(text.find(trace), std::string::npos) << where << " has " << trace;
    }
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << where;
  }

  Volume secret_{pod_, "token", "secret", /*on_tmpfs=*/true};
  std::vector<std::string> values_;
  std::vector<std::string> traces_;
};

TEST_F(Planted, values_of_a_secret_leave_by_no_format_no_page_no_recording_and_no_message) {
  publish(0);
  volume_.publish({{"app.yaml", "a: 1\n"}});
  TemporaryDirectory out;
  start({.command = actor("directory-watcher", kMount, {"app.yaml"}),
         .mounts = {secret_.mounted_at(kMount)}});
  start({.command = actor("fd-keeper", kMount, {"app.yaml"}),
         .mounts = {secret_.mounted_at(kMount)}});
  trace({"--path", secret_.path(), "--diff", "values", "--version-key", "app.yaml", "--events",
         "--metrics", "127.0.0.1:0"});
  const std::string said = tracer_->process().errors().text();
  const auto at = said.find("http://");
  const std::string url = said.substr(at, said.find("/metrics", at) - at) + "/metrics";
  Tmux terminal(130, 24);
  terminal.run(tracer_binary() + " --live --deadline 2 --diff values --path " + secret_.path());
  ASSERT_TRUE(terminal.shows("2 readers"));
  for (const std::size_t nth : {1, 2}) {
    publish(nth);
    EXPECT_EQ(row_of(verdict(*containers_[0], nth)), (Row{"reloaded", "", "inotify"}));
    EXPECT_EQ(row_of(verdict(*containers_[1], nth)), (Row{"stale", "held_old_fd"}));
  }
  ASSERT_TRUE(terminal.shows("held_old_fd"));
  expect_clean(terminal.screen(), "live");
  terminal.press("Enter");
  ASSERT_TRUE(terminal.shows("app.yaml"));
  expect_clean(terminal.screen(), "live");
  const std::string pid = std::to_string(tracer_->process().pid());
  std::this_thread::sleep_for(milliseconds(1200));  // pages are made each second
  const std::string page = run_or_throw(
      {{"python3", "-c",
        "import sys, urllib.request as u; print(u.build_opener(u.ProxyHandler({})).open("
        "sys.argv[1]).read().decode())",
        url}});
  EXPECT_NE(page.find("reloadtrace_reloads_total"), std::string::npos);
  expect_clean(page, "metrics");
  std::ifstream limits("/proc/" + pid + "/limits");
  std::string core;
  while (std::getline(limits, core) && !core.starts_with("Max core file size")) {
  }
  EXPECT_EQ(core.find_first_of("123456789"), std::string::npos) << core;

  const Trace& live = tracer_->stop();
  expect_clean(Line(live.lines).dump(), "json");
  expect_clean(live.errors, "standard error");
  const std::string recording = tracer_->recording();
  expect_clean(read_file(recording), "recording");
  expect_clean(run_or_throw({{"zcat", recording}}), "recording");
  const std::string lines = out.at("lines");
  for (const std::string format : {"json", "table", "otlp"}) {
    const Completed replayed = run_tracer({"replay", recording, "--format", format, "--events"});
    EXPECT_EQ(replayed.exit_code, 0) << replayed.errors;
    EXPECT_NE(replayed.output.find("app.yaml"), std::string::npos) << format;
    expect_clean(replayed.output + replayed.errors, format);
    if (format == "json") {
      write_file(lines, replayed.output);
    }
  }
  for (const std::string& input : {recording, lines}) {
    for (const std::string name : {"report.html", "report.json"}) {
      const Completed reported = run_tracer({"report", input, "-o", out.at(name)});
      EXPECT_EQ(reported.exit_code, 0) << reported.errors;
      expect_clean(read_file(out.at(name)) + reported.errors, name);
    }
  }
  for (const std::string format : {"table", "json"}) {
    const Completed compared = run_tracer({"compare", lines, "--format", format});
    expect_clean(compared.output + compared.errors, "compare " + format);
  }
  const Completed doctor = run_tracer({"doctor", "--path", secret_.path(), "--format", "json"});
  EXPECT_NE(doctor.output.find("\"can_reload\""), std::string::npos) << doctor.errors;
  expect_clean(doctor.output + doctor.errors, "doctor");
}

TEST_F(Planted, values_of_a_secret_leave_by_no_error_path) {
  publish(0);
  const std::string broken = values_[0] + ": [" + values_[0] + "\n\x01\xff{";
  start({.command = actor("directory-watcher", kMount, {"app.yaml"}),
         .mounts = {secret_.mounted_at(kMount)}});
  trace({"--path", secret_.path(), "--diff", "values", "--version-key", "app.yaml:version: (.*)",
         "--output", "/dev/full"});
  secret_.publish({{"app.yaml", broken}});
  write_file(secret_.path() + ".large", std::string(2 << 20, 'x') + values_[0]);
  secret_.publish({}, {.arguments = {"--set-file", "app.yaml=" + secret_.path() + ".large"}});
  ASSERT_TRUE(tracer_->process().errors().wait_until_said("No space left", seconds(10)));
  tracer_->process().signal(SIGINT);
  EXPECT_EQ(tracer_->process().wait(seconds(10)), 1);
  expect_clean(tracer_->process().errors().text(), "standard error");
  expect_clean(run_or_throw({{"zcat", tracer_->recording()}}), "recording");
  // Cut where it may be anything.
  TemporaryDirectory out;
  const std::string whole = read_file(tracer_->recording());
  write_file(out.at("cut"), whole.substr(0, whole.size() / 2));
  const Completed cut = run_tracer({"replay", out.at("cut"), "--format", "json"});
  expect_clean(cut.output + cut.errors, "replay of half a recording");
  tracer_.reset();
}

}  // namespace
}  // namespace reloadtrace::testing
