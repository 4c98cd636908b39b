// SPDX-License-Identifier: Apache-2.0
// What the running tracer has left of its privileges, that this is enough, and that containers
// cannot make it use them: reading the host's files, waiting for ever, opening devices.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::uint64_t kDacReadSearch = 1ULL << 2U;
constexpr std::uint64_t kSysPtrace = 1ULL << 19U;
constexpr std::uint64_t kBpf = 1ULL << 39U;
constexpr uid_t kNobody = 65534;

using Status = std::map<std::string, std::string>;

// Of each thread.
std::vector<Status> status_of(pid_t pid) {
  std::vector<Status> all;
  for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream file(thread.path() / "status");
    Status& status = all.emplace_back();
    for (std::string line; std::getline(file, line);) {
      const auto colon = line.find(":\t");
      if (colon != std::string::npos) {
        status[line.substr(0, colon)] = line.substr(colon + 2);
      }
    }
  }
  return all;
}

class Privileges : public Story {
 protected:
  void expect_few() {
    const auto threads = status_of(tracer_->process().pid());
    EXPECT_GE(threads.size(), 3U) << "main, output, metrics";
    for (const Status& status : threads) {
      const auto number = [&](const char* name) { return std::stoull(status.at(name), {}, 16); };
      // Until 6.0 the kernel asks for CAP_BPF at every look at a map.
      EXPECT_EQ(number("CapEff") & ~kBpf, kSysPtrace | kDacReadSearch);
      EXPECT_EQ(number("CapPrm"), number("CapEff"));
      EXPECT_EQ(number("CapInh"), 0U);
      EXPECT_EQ(number("CapAmb"), 0U);
      EXPECT_EQ(number("CapBnd"), 0U);
      EXPECT_EQ(status.at("NoNewPrivs"), "1");
      EXPECT_EQ(status.at("Seccomp"), "2");
    }
  }
};

TEST_F(Privileges, are_given_up_by_every_thread_while_all_goes_on) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& early = start("directory-watcher");
  const Container& keeper = start({.command = actor("fd-keeper", kMount, {"app.yaml"}),
                                   .mounts = {volume_.mounted_at(kMount)},
                                   .uid = kNobody});
  trace({"--metrics", "127.0.0.1:0", "--diff", "keys"});
  expect_few();
  const Container& late = start("directory-watcher");
  const Container& poller = start("stat-poller", {"app.yaml", "--interval", "100"});
  std::this_thread::sleep_for(milliseconds(800));  // long enough to be known as one that polls
  volume_.publish({{"app.yaml", "two"}});
  const Row kByInotify{"reloaded", "", "inotify"};
  for (const auto& [container, row] :
       std::map<const Container*, Row>{{&early, kByInotify},
                                       {&late, kByInotify},
                                       {&poller, {"reloaded", "", "poll"}},
                                       {&keeper, {"stale", "held_old_fd"}}}) {
    const Line said = verdict(*container);
    EXPECT_EQ(row_of(said), row) << said.dump(1);
    EXPECT_EQ(said.at("confidence"), "exact");
  }
  expect_few();
}

TEST_F(Privileges, are_enough_to_open_a_rotated_file_in_a_directory_of_others) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  TemporaryDirectory theirs;
  ASSERT_EQ(::chmod(theirs.path().c_str(), 0755), 0);
  ASSERT_EQ(::chown(theirs.path().c_str(), kNobody, kNobody), 0);
  const std::string file = theirs.at("lines");
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--format", "json", "--output", file,
                   "--count", "1"}});
  ASSERT_TRUE(tracer.errors().wait_for("ready:", seconds(20))) << tracer.errors().text();
  fs::rename(file, theirs.at("lines.1"));
  tracer.signal(SIGHUP);
  for (int turn = 0; turn < 100 && !fs::exists(file); ++turn) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(tracer.wait(seconds(10)), 0);
  EXPECT_EQ(of_kind(parse_lines(read_file(theirs.at("lines.1"))), "start").size(), 1U);
  EXPECT_EQ(of_kind(parse_lines(read_file(file)), "reload").size(), 1U) << tracer.errors().text();
}

TEST_F(Privileges, that_are_kept_are_named_by_check_with_their_reasons) {
  const Completed checked = run_tracer({"check", "--format", "json"});
  ASSERT_EQ(checked.exit_code, 0) << checked.errors;
  const Line left = Line::parse(checked.output).at("privileges");
  EXPECT_EQ(left.at("failed"), Line::array());
  EXPECT_EQ(left.at("no_new_privs"), true);
  EXPECT_EQ(left.at("seccomp"), true);
  EXPECT_EQ(left.at("core_dumps"), false);
  EXPECT_EQ(left.at("kept").at(0).at("capability"), "CAP_SYS_PTRACE");
  EXPECT_NE(left.at("kept").at(0).at("why"), "");
  EXPECT_EQ(left.at("kept").at(1).at("capability"), "CAP_DAC_READ_SEARCH");
  const Completed table = run_tracer({"check"});
  EXPECT_NE(table.output.find("CAP_DAC_READ_SEARCH"), std::string::npos) << table.output;
}

// A directory that is the application's own.
class HostileTree : public Session {
 protected:
  void SetUp() override {
    Session::SetUp();
    write_file(host_.at("secret.yaml"), "hunter2-host: hunter2-host\n");
    write_file(tree_.at("app.yaml"), "a: 1\n");
  }

  // As the application would do it in its container.
  void within(const Container& container, const std::string& script) {
    const Completed done = container.exec({"sh", "-c", "cd /etc/config && " + script});
    EXPECT_EQ(done.exit_code, 0) << script << done.errors;
  }

  TemporaryDirectory host_;
  TemporaryDirectory tree_;
  Pod pod_;
};

TEST_F(HostileTree, makes_it_read_no_file_of_the_host_wait_for_nothing_and_miss_nothing) {
  Container container(pod_, {.command = actor("directory-watcher", "/etc/config", {"app.yaml"}),
                             .mounts = {{tree_.path(), "/etc/config", /*read_only=*/false}}});
  trace_with({"--path", tree_.path(), "--deadline", "2", "--diff", "values", "--version-key",
              "version.yaml", "--events"});
  const std::string theirs = host_.at("secret.yaml");
  within(container, "ln -s " + theirs + " new.yaml && mv new.yaml absolute.yaml");
  within(container, "ln -s ../../../../../.." + theirs + " new.yaml && mv new.yaml up.yaml");
  within(container, "ln -s /proc/1/root" + theirs + " new.yaml && mv new.yaml magic.yaml");
  within(container, "ln -s /proc/self/environ new.yaml && mv new.yaml version.yaml");
  within(container, "mkfifo new.yaml && mv new.yaml fifo.yaml");
  within(container, "truncate -s 1000G new.yaml && mv new.yaml huge.yaml");
  ASSERT_EQ(::mknod(tree_.at("device.yaml").c_str(), S_IFCHR | 0666, makedev(1, 5)), 0);
  within(container, "ln -s " + theirs + " new && mv new version.yaml && ln -s loop.yaml loop.yaml");
  within(container, "echo 'a: 2' > app.tmp && mv app.tmp app.yaml");
  const auto said = tracer_->wait_for([](const Line& line) {
    return line.at("kind") == "reload" && line.at("publish").at("changed") == Line{"app.yaml"};
  });
  ASSERT_TRUE(said) << Line(tracer_->lines()).dump(1);
  EXPECT_EQ(row_of(*said), (Row{"reloaded", "", "inotify"})) << said->dump(1);
  // In its last place it would be compared, value by value.
  within(container, "ln -s " + theirs + " app.tmp && mv app.tmp app.yaml");
  within(container, "echo 'a: 3' > app.tmp && mv app.tmp app.yaml");
  const auto of_app = [](const Line& line) {
    return line.at("kind") == "publish" &&
           line.at("changed").dump().find("app.yaml") != std::string::npos;
  };
  // Changed, gone behind the link, and there again.
  EXPECT_EQ(tracer_->wait_for(of_app, 3).size(), 3U);
  EXPECT_EQ(tracer_->stop().exit_code, 0);
  const std::string recorded = run_or_throw({.argv = {"zcat", tracer_->recording()}});
  for (const std::string& text :
       {Line(tracer_->lines()).dump(), recorded, tracer_->stop().errors}) {
    EXPECT_EQ(text.find("hunter2"), std::string::npos);
  }
}

// The names that a program gives itself and its files: in lines, and on the terminal's side.
TEST_F(HostileTree, lets_no_name_of_a_program_through_to_a_terminal) {
  const std::string name = "evil\x1b]0;owned\x07\x1b[31m\xc2\x9b\n";
  fs::create_directory(host_.at("bin"));
  fs::copy_file(actor_binary(), host_.at("bin/" + name));
  Container container(
      pod_, {.command = {"/evil/" + name, "directory-watcher", "/etc/config", "app.yaml"},
             .mounts = {{tree_.path(), "/etc/config", true}, {host_.at("bin"), "/evil", true}}});
  Process table({{tracer_binary(), "--path", tree_.path(), "--format", "table", "--count", "1",
                  "--pod", "no\x1b[31mpod"}});
  trace_with({"--path", tree_.path(), "--deadline", "2"});
  ASSERT_TRUE(table.errors().wait_for("waiting for", seconds(20))) << table.errors().text();
  table.signal(SIGINT);
  // Prepared outside: a new file in the directory would be a publish of its own.
  write_file(host_.at("next"), "a: 2\n");
  fs::rename(host_.at("next"), tree_.at("app.yaml"));
  const auto said = tracer_->wait_for([](const Line& line) { return line.at("kind") == "reload"; });
  ASSERT_TRUE(said);
  EXPECT_EQ(said->at("verdict"), "reloaded") << said->dump(1);
  EXPECT_NE(said->at("process").at("exe").get<std::string>().find("\x1b]0;owned"),
            std::string::npos)
      << said->dump(1);
  EXPECT_EQ(table.wait(seconds(10)), 0);
  const Completed replayed = run_tracer({"replay", tracer_->recording(), "--format", "table"});
  for (const std::string& text : {table.errors().text(), table.output().text(), replayed.output,
                                  replayed.errors, tracer_->stop().errors}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
  }
  EXPECT_NE(table.errors().text().find("no\\x1b[31mpod"), std::string::npos)
      << table.errors().text();
}

}  // namespace
}  // namespace reloadtrace::testing
