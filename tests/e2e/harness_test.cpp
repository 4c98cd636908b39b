// SPDX-License-Identifier: Apache-2.0
// The harness itself: if these fail, no verdict of the other end-to-end tests means anything.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/container.h"
#include "tests/support/pod.h"
#include "tests/support/process.h"
#include "tests/support/requirements.h"
#include "tests/support/schema_validator.h"
#include "tests/support/tracer.h"
#include "tests/support/volume.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

class Harness : public ContainerTest {};

ContainerOptions running(std::vector<std::string> command, std::vector<Mount> mounts) {
  return {.command = std::move(command), .mounts = std::move(mounts)};
}

TEST_F(Harness, shows_three_swaps_to_a_directory_watcher) {
  const Pod pod;
  const Volume volume(pod);
  volume.publish({{"app.yaml", "first"}});
  Container container(pod, running(actor("directory-watcher", "/etc/config", {"app.yaml"}),
                                   {volume.mounted_at("/etc/config")}));
  for (const std::string content : {"second", "third", "fourth"}) {
    volume.publish({{"app.yaml", content}});
    EXPECT_TRUE(container.output().wait_for(
        "read app.yaml " + std::to_string(content.size()) + " " + content, seconds(5)))
        << content;
  }
}

TEST_F(Harness, puts_a_container_where_kubelet_would) {
  const Pod pod("risk", "engine-7d9f");
  const Volume volume(pod);
  volume.publish({{"app.yaml", "first"}});
  Container container(
      pod, running(actor("no-watcher", "/etc/config"), {volume.mounted_at("/etc/config")}));
  const std::string cgroups = container.exec({"cat", "/proc/1/cgroup"}).output;
  EXPECT_NE(cgroups.find("0::/kubepods/burstable/pod" + pod.uid() + "/" + container.id()),
            std::string::npos)
      << cgroups;
  const std::string proc = "/proc/" + std::to_string(container.pid());
  EXPECT_EQ(read_file(proc + "/comm"), "actor\n");
  EXPECT_NE(
      read_file(proc + "/mountinfo")
          .find("/pods/" + pod.uid() + "/volumes/kubernetes.io~configmap/config /etc/config ro"),
      std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(pod.log_directory() + "/containers/engine-7d9f_risk_app-" +
                                      container.id() + ".log"));
}

TEST_F(Harness, executes_commands_in_a_container) {
  const Pod pod;
  Container container(pod, {.command = {"sleep", "1000"}, .ready = ""});
  const Completed completed = container.exec({"sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(completed.exit_code, 7);
  EXPECT_EQ(completed.output, "out\n");
  EXPECT_EQ(completed.errors, "err\n");
}

TEST_F(Harness, keeps_a_subpath_at_the_generation_of_its_mount) {
  const Pod pod;
  const Volume volume(pod);
  volume.publish({{"app.yaml", "first"}});
  const std::vector<Mount> before = {volume.subpath_mounted_at("app.yaml", "/etc/app/app.yaml")};
  Container container(pod, running(actor("open-poller", "/etc/app", {"app.yaml"}), before));
  volume.publish({{"app.yaml", "second"}});
  EXPECT_EQ(container.exec({"cat", "/etc/app/app.yaml"}).output, "first");
  EXPECT_NE(read_file("/proc/" + std::to_string(container.pid()) + "/mountinfo").find("//deleted"),
            std::string::npos);

  const std::string old_id = container.id();
  container.restart({volume.subpath_mounted_at("app.yaml", "/etc/app/app.yaml")});
  EXPECT_NE(container.id(), old_id);
  EXPECT_EQ(container.exec({"cat", "/etc/app/app.yaml"}).output, "second");
}

TEST_F(Harness, tells_how_a_container_ended) {
  const Pod pod;
  const Volume volume(pod);
  volume.publish({{"app.yaml", "first"}});
  Container container(pod,
                      running(actor("exiter", "/etc/config"), {volume.mounted_at("/etc/config")}));
  EXPECT_EQ(container.wait(milliseconds(0)), std::nullopt);
  volume.publish({{"app.yaml", "second"}});
  EXPECT_EQ(container.wait(seconds(5)), 0);

  container.restart();
  container.signal(SIGKILL);
  EXPECT_EQ(container.wait(seconds(5)), 128 + SIGKILL);
}

TEST_F(Harness, leaves_no_process_and_no_cgroup_behind) {
  const Pod pod;
  std::string id;
  pid_t pid = 0;
  {
    Container container(pod, {.command = {"sleep", "1000"}, .ready = ""});
    id = container.id();
    pid = container.pid();
  }
  EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(pid)));
  for (const auto& entry : std::filesystem::recursive_directory_iterator("/sys/fs/cgroup")) {
    EXPECT_EQ(entry.path().string().find(pod.uid()), std::string::npos) << entry.path();
  }
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    EXPECT_EQ(line.find(id), std::string::npos) << line;
  }
}

TEST(Process, keeps_lines_until_they_are_asked_for) {
  Process process({{"sh", "-c", "echo one; echo two; echo three; echo oops >&2; exit 3"}});
  EXPECT_EQ(process.wait(seconds(5)), 3);
  EXPECT_EQ(process.wait_for_line("two", seconds(5)), "two");
  EXPECT_EQ(process.read_line(seconds(5)), "three");
  EXPECT_EQ(process.read_line(seconds(5)), std::nullopt);
  EXPECT_EQ(process.errors().next(seconds(5)), "oops");
}

TEST(Process, ends_with_its_owner) {
  pid_t pid = 0;
  {
    const Process process({{"sleep", "1000"}});
    pid = process.pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Process, says_what_failed) {
  EXPECT_EQ(run({{"no-such-program-anywhere"}}).exit_code, 127);
  EXPECT_THROW(run_or_throw({{"sh", "-c", "exit 1"}}), std::runtime_error);
  EXPECT_THROW(run({{"sleep", "1000"}}, milliseconds(50)), std::runtime_error);
}

// A program that says what the tracer would, to test the harness alone.
class StandInTracer : public ::testing::Test {
 protected:
  StandInTracer() {
    write_file(path_, R"(#!/bin/sh
if [ "$1" = replay ]; then
  cat "$2"
  exit 0
fi
trap 'echo "{\"kind\":\"stop\"}"; exit 0' INT
echo 'reloadtrace: ready: 1 volumes, 1 readers' >&2
echo '{"kind":"reload","reader":{"kind":"container","container":"app"},"n":1}' | tee "$5"
echo '{"kind":"reload","reader":{"kind":"container","container":"other"},"n":2}' | tee -a "$5"
echo '{"kind":"reload","reader":{"kind":"container","container":"app"},"n":3}' | tee -a "$5"
while :; do sleep 0.02; done
)");
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
    if (const char* real = std::getenv("RELOADTRACE_BINARY")) {
      real_ = real;
    }
    ::setenv("RELOADTRACE_BINARY", path_.c_str(), 1);
  }
  ~StandInTracer() override {
    if (real_) {
      ::setenv("RELOADTRACE_BINARY", real_->c_str(), 1);
    } else {
      ::unsetenv("RELOADTRACE_BINARY");
    }
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.at("reloadtrace");
  std::optional<std::string> real_;
};

TEST_F(StandInTracer, finds_lines_by_reader_and_by_what_they_say) {
  Tracer tracer({.record = true});
  EXPECT_EQ(tracer.wait_for_reload("app", 2).value_or(Line::object()).value("n", 0), 3);
  EXPECT_EQ(tracer.wait_for_reload("other").value_or(Line::object()).value("n", 0), 2);
  EXPECT_EQ(tracer.wait_for([](const Line& line) { return line.contains("no"); }, milliseconds(20)),
            std::nullopt);
}

TEST_F(StandInTracer, stops_once_and_replays) {
  Tracer tracer({.record = true});
  tracer.wait_for_reload("app", 2);
  EXPECT_EQ(tracer.stop().exit_code, 0);
  EXPECT_EQ(tracer.stop().lines.size(), 4U);
  EXPECT_EQ(tracer.stop().lines.back(), Line({{"kind", "stop"}}));
  EXPECT_EQ(difference(tracer.stop().lines, tracer.replay().lines), "");
}

TEST_F(StandInTracer, reports_what_a_tracer_said_that_did_not_start) {
  write_file(path_, "#!/bin/sh\necho 'needs CAP_BPF' >&2; exit 3\n");
  try {
    const Tracer tracer({});
    FAIL() << "started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("needs CAP_BPF"), std::string::npos);
  }
}

TEST(SchemaValidator, tells_what_is_wrong_with_a_line) {
  const SchemaValidator validator({{"type", "object"},
                                   {"required", {"kind"}},
                                   {"properties", {{"kind", {{"enum", {"start", "stop"}}}}}}});
  EXPECT_EQ(validator.errors_in(Line{{"kind", "stop"}}), "");
  EXPECT_NE(validator.errors_in(Line{{"kind", "other"}}).find("kind"), std::string::npos);
  EXPECT_NE(validator.errors_in(Line::object()), "");
}

TEST(Difference, names_the_first_line_in_which_a_replay_differs) {
  const Lines live = {{{"kind", "start"}}, {{"kind", "publish"}, {"to", "a"}}};
  const Lines other = {{{"kind", "publish"}, {"to", "b"}}};
  EXPECT_EQ(difference(live, {live[1]}), "");
  EXPECT_NE(difference(live, other).find("\"/to\""), std::string::npos);
  EXPECT_NE(difference(live, {}).find("only live"), std::string::npos);
}

}  // namespace
}  // namespace reloadtrace::testing
