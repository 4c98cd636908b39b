// SPDX-License-Identifier: Apache-2.0
// The screen of --live, in a real terminal: what it shows while things happen, what keys do, and
// how it leaves the terminal.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/e2e/story.h"
#include "tests/support/patience.h"
#include "tests/support/schema_validator.h"
#include "tests/support/tmux.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// Its parent has gone with the terminal: whoever has it now may take his time to reap it.
bool runs(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) {
      return line.find('Z') == std::string::npos;
    }
  }
  return false;
}

class Live : public Story {
 protected:
  void SetUp() override {
    RELOADTRACE_REQUIRE(why_tmux_cannot_run());
    Story::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) {
      terminal_ = std::make_unique<Tmux>(130, 24);
    }
  }

  // In the terminal; returns when it is ready.
  void watch_by(const std::string& command) {
    terminal_->run("echo what was there before");
    terminal_->run(command + "; echo status=$?");
    ASSERT_TRUE(terminal_->shows("ready: ", seconds(20)));
    ASSERT_TRUE(terminal_->shows("q quit"));
  }

  // The pod, with its names.
  void watch(const std::string& more = "") {
    watch_by(tracer_binary() + " --live --deadline 2 --kubelet-dir " + pod_.kubelet_directory() +
             " --log-dir " + pod_.log_directory() + " " + more);
  }

  const Container& start_named(const std::string& name, const std::string& behaviour) {
    return start({.name = name,
                  .command = actor(behaviour, kMount, {"app.yaml"}),
                  .mounts = {volume_.mounted_at(kMount)}});
  }

  // The program has ended with that status, and left the terminal as it was.
  void expect_left(int status) {
    EXPECT_TRUE(terminal_->shows("status=" + std::to_string(status)));
    EXPECT_TRUE(terminal_->shows("what was there before"));
    EXPECT_THAT(terminal_->screen(), Not(HasSubstr("q quit")));
    terminal_->run("clear; stty -a | tr -d ';'");
    EXPECT_TRUE(terminal_->shows(" icanon"));
    for (const char* mode : {" echo ", "\nisig ", " icrnl", " ixon", "quit = ^\\"}) {
      EXPECT_THAT(terminal_->screen(), HasSubstr(mode));
    }
    terminal_->run("echo e''choed");
    EXPECT_TRUE(terminal_->shows("\nechoed"));
    EXPECT_THAT(terminal_->screen(), HasSubstr("echo e''choed")) << "what is typed is shown";
  }

  // Which of two texts is further up on the screen.
  bool is_above(const std::string& upper, const std::string& lower) {
    const std::string screen = terminal_->screen();
    return screen.find(upper) < screen.find(lower);
  }

  std::unique_ptr<Tmux> terminal_;
};

TEST_F(Live, shows_readers_follows_publishes_and_obeys_keys) {
  volume_.publish({{"app.yaml", "version: 1.0"}});
  start_named("zebra", "no-watcher");
  start_named("alpha", "directory-watcher");
  watch("--version-key app.yaml");
  EXPECT_TRUE(terminal_->shows("1 volume, 2 readers"));
  EXPECT_THAT(terminal_->line_with("alpha"), HasSubstr("no publish"));
  EXPECT_THAT(terminal_->line_with("alpha"), HasSubstr("test/pod"));
  EXPECT_THAT(terminal_->line_with("alpha"), HasSubstr("configmap config"));
  EXPECT_THAT(terminal_->line_with("alpha"), HasSubstr(" 1.0 "));

  volume_.publish({{"app.yaml", "version: 2.0"}});
  EXPECT_TRUE(terminal_->shows("✔ reloaded"));
  EXPECT_THAT(terminal_->line_with("alpha"), HasSubstr(" 2.0 "));
  EXPECT_TRUE(terminal_->shows("✘ stale"));
  EXPECT_THAT(terminal_->line_with("zebra"), HasSubstr("no_watcher"));
  EXPECT_THAT(terminal_->line_with("zebra"), HasSubstr(" 1.0 "));
  EXPECT_TRUE(is_above("zebra", "alpha")) << "what needs attention comes first";

  terminal_->press("Enter");
  EXPECT_TRUE(terminal_->shows("watches nothing of the volume"));
  EXPECT_THAT(terminal_->screen(), HasSubstr("tell it after the publish"));
  EXPECT_THAT(terminal_->line_with("runs"), HasSubstr("actor["));
  EXPECT_THAT(terminal_->line_with("has read"), HasSubstr("1.0  the newest is 2.0"));
  terminal_->press("Escape");
  EXPECT_TRUE(terminal_->shows("VERDICT↓"));

  terminal_->type("ss");
  EXPECT_TRUE(terminal_->shows("CONTAINER↓"));
  EXPECT_TRUE(is_above("alpha", "zebra"));
  terminal_->type("r");
  EXPECT_TRUE(terminal_->shows("CONTAINER↑"));
  EXPECT_TRUE(is_above("zebra", "alpha"));

  terminal_->type("/ALPH");
  EXPECT_TRUE(terminal_->shows_no("zebra"));
  EXPECT_THAT(terminal_->screen(), HasSubstr("alpha"));
  terminal_->press("Escape");
  EXPECT_TRUE(terminal_->shows("zebra"));
  terminal_->type("?");
  EXPECT_TRUE(terminal_->shows("paint the screen anew"));
  terminal_->type("q");
  EXPECT_TRUE(terminal_->shows("zebra"));

  terminal_->type("q");
  expect_left(0);
}

TEST_F(Live, fits_itself_into_whatever_size_the_terminal_gets) {
  volume_.publish({{"app.yaml", "one"}});
  start_named("alpha", "directory-watcher");
  watch();
  terminal_->resize(20, 5);
  EXPECT_TRUE(terminal_->shows_no("kernel"));
  EXPECT_TRUE(terminal_->shows("▸ alpha"));
  terminal_->resize(1, 1);
  volume_.publish({{"app.yaml", "two"}});
  terminal_->resize(60, 12);
  EXPECT_TRUE(terminal_->shows("✔ reloaded"));
  EXPECT_TRUE(terminal_->shows("q quit  Enter open  s sort"));
  std::istringstream lines(terminal_->screen());
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    last = line;
  }
  EXPECT_THAT(last, HasSubstr("q quit")) << "the keys are on the last line";
  terminal_->resize(130, 24);
  EXPECT_TRUE(terminal_->shows("kernel"));
  terminal_->type("q");
  expect_left(0);
}

TEST_F(Live, leaves_the_terminal_as_it_was_when_a_signal_ends_it) {
  volume_.publish({{"app.yaml", "one"}});
  start_named("alpha", "no-watcher");
  watch();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_TRUE(terminal_->shows("→ waiting"));
  terminal_->press("C-c");
  EXPECT_TRUE(terminal_->shows("1 pending")) << "said when the screen has gone";
  expect_left(0);
  watch();
  terminal_->job().signal(SIGTERM);
  expect_left(0);
}

TEST_F(Live, leaves_the_terminal_while_it_is_stopped_and_comes_back) {
  volume_.publish({{"app.yaml", "one"}});
  start_named("alpha", "directory-watcher");
  watch();
  terminal_->press("C-z");
  EXPECT_TRUE(terminal_->shows("Stopped"));
  EXPECT_TRUE(terminal_->shows("what was there before"));
  terminal_->run("stty -a | tr -d ';'");
  EXPECT_TRUE(terminal_->shows(" icanon"));
  terminal_->run("bg");
  volume_.publish({{"app.yaml", "two"}});
  terminal_->run("echo still mi''ne");
  EXPECT_TRUE(terminal_->shows("still mine")) << "in the background it shows nothing";
  terminal_->run("clear; fg; echo status=$?");
  EXPECT_TRUE(terminal_->shows("q quit"));
  EXPECT_TRUE(terminal_->shows("✔ reloaded")) << "it went on in the background";
  terminal_->type("q");
  EXPECT_TRUE(terminal_->shows("status=0"));
}

TEST_F(Live, puts_lines_into_a_file_at_the_same_time) {
  volume_.publish({{"app.yaml", "one"}});
  start_named("alpha", "directory-watcher");
  const TemporaryDirectory directory;
  watch("--output " + directory.at("lines") + " 2> " + directory.at("errors"));
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_TRUE(terminal_->shows("✔ reloaded"));
  EXPECT_THAT(read_file(directory.at("errors")), HasSubstr("reloadtrace: ready: 1 volumes"))
      << "what is no terminal gets sentences at once";
  terminal_->type("q");
  expect_left(0);
  const Lines lines = parse_lines(read_file(directory.at("lines")));
  EXPECT_EQ(SchemaValidator::from_tracer().errors_in(lines), "");
  ASSERT_EQ(of_kind(lines, "reload").size(), 1U);
  EXPECT_EQ(of_kind(lines, "reload").front().at("verdict"), "reloaded");
  EXPECT_EQ(lines.back().at("kind"), "stop");
}

TEST_F(Live, ends_in_order_when_its_terminal_has_gone) {
  volume_.publish({{"app.yaml", "one"}});
  start_named("alpha", "directory-watcher");
  const TemporaryDirectory directory;
  watch("--output " + directory.at("lines"));
  const ProcessHandle tracer = terminal_->job();
  terminal_->hang_up();
  const auto deadline = std::chrono::steady_clock::now() + patient(seconds(10));
  while (runs(tracer.pid()) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_FALSE(runs(tracer.pid()));
  EXPECT_EQ(parse_lines(read_file(directory.at("lines"))).back().at("kind"), "stop");
}

TEST_F(Live, lets_no_name_of_a_process_write_to_the_terminal) {
  volume_.publish({{"app.yaml", "one"}});
  const TemporaryDirectory directory;
  const std::string hostile = directory.at("x\x1b[2Jy\r\nz\xff");
  std::filesystem::copy_file(actor_binary(), hostile);
  Process process(Command{{hostile, "directory-watcher", volume_.path(), "app.yaml"}});
  ASSERT_TRUE(process.output().wait_for("ready", seconds(10)));
  watch_by(tracer_binary() + " --live --path " + volume_.path());
  EXPECT_TRUE(terminal_->shows("x\\x1b[2Jy\\r\\nz\\xff["));
  terminal_->type("q");
  expect_left(0);
}

TEST_F(Live, uses_no_colour_where_none_is_wanted) {
  volume_.publish({{"app.yaml", "one"}});
  start_named("alpha", "directory-watcher");
  for (const bool wanted : {true, false}) {
    terminal_->run(wanted ? "unset NO_COLOR" : "export NO_COLOR=1");
    watch();
    EXPECT_TRUE(terminal_->shows("test/pod"));
    const std::string screen = terminal_->screen(/*styled=*/true);
    EXPECT_EQ(screen.find("\x1b[36m") != std::string::npos, wanted) << screen;
    terminal_->type("q");
    expect_left(0);
  }
}

TEST_F(Live, says_what_is_wrong_and_leaves_the_terminal_alone) {
  const std::string path = " --live --path " + volume_.path();
  for (const auto& [arguments, complaint] : std::vector<std::pair<std::string, std::string>>{
           {path + " --format json", "name a file for them by --output"},
           {path + " --events", "name a file for them by --output"},
           {path + " --output /dev/tty", "would tear the screen"},
           {path + " | cat; (exit ${PIPESTATUS[0]})", "standard output is none"},
           {" --live --path /nowhere/at-all", "/nowhere/at-all"}}) {
    terminal_->run("clear; echo what was there before");
    terminal_->run(tracer_binary() + arguments + "; echo status=$?");
    EXPECT_TRUE(terminal_->shows(complaint)) << arguments;
    expect_left(2);
  }
  const Completed dumb =
      run({{"sh", "-c", "TERM=dumb exec script -qec '" + tracer_binary() + path + "' /dev/null"}});
  EXPECT_EQ(dumb.exit_code, 2);
  EXPECT_THAT(dumb.output, HasSubstr("TERM says dumb"));
}

}  // namespace
}  // namespace reloadtrace::testing
