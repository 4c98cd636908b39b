// SPDX-License-Identifier: Apache-2.0
// What doctor says of real containers, before anything is published to them.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

#include "tests/e2e/node_story.h"

namespace reloadtrace::testing {
namespace {

class NodeDoctor : public NodeStory {
 protected:
  // The reader lines by container.
  std::map<std::string, Line> diagnose(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"doctor", "--format", "json"};
    for (const std::string& argument : node_->tracer_arguments()) {
      arguments.push_back(argument);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Completed done = run_tracer(arguments);
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    std::map<std::string, Line> said;
    for (const Line& line : of_kind(parse_lines(done.output), "reader")) {
      said.emplace(line.at("reader").at("container").get<std::string>(), line);
    }
    return said;
  }

  static std::string judgement(const Line& line) {
    const Line& cause = line.at("cause");
    return line.at("can_reload").get<std::string>() +
           (cause.is_null() ? "" : " " + cause.get<std::string>());
  }
};

TEST_F(NodeDoctor, tells_who_can_hot_reload_without_waiting_for_a_publish) {
  RunningPod& pod = add_pod("shop", "checkout");
  Volume& config = pod.mount("config");
  const std::map<std::string, std::string> expected = {
      {"directory-watcher", "yes"},
      {"file-watcher-once", "unknown watch_lost"},
      {"link-watcher", "no watch_on_symlink"},
      {"mask-misser", "no mask_misses_swap"},
      {"no-watcher", "unknown no_watcher"},
  };
  for (const auto& [behaviour, said] : expected) {
    pod.start_actor(behaviour, config, behaviour);
  }
  pod.start(
      {.name = "pinned",
       .command = actor("no-watcher", "/etc/config", {"app.yaml"}),
       .mounts = {
           pod.mount_subpath(config, "app.yaml", "pinned").mounted_at("/etc/config/app.yaml")}});
  const auto said = diagnose();
  for (const auto& [behaviour, judged] : expected) {
    ASSERT_TRUE(said.contains(behaviour)) << behaviour;
    EXPECT_EQ(judgement(said.at(behaviour)), judged) << said.at(behaviour).dump(1);
    EXPECT_EQ(said.at(behaviour).at("reader").at("pod"), "checkout");
    EXPECT_EQ(said.at(behaviour).at("volume").at("kind"), "configmap");
  }
  ASSERT_TRUE(said.contains("pinned"));
  EXPECT_EQ(judgement(said.at("pinned")), "no subpath_pinned");
  EXPECT_EQ(diagnose({"--container", "pinned"}).size(), 1U);
  EXPECT_TRUE(diagnose({"--namespace", "elsewhere"}).empty());
}

TEST_F(NodeDoctor, holds_a_replaced_file_against_a_reader_only_after_the_deadline) {
  RunningPod& pod = add_pod("shop", "holders");
  Volume& config = pod.mount("config");
  pod.start_actor("fd-keeper", config, "keeper");
  pod.start_actor("mapper", config, "mapper");
  config.publish(next_content());
  auto said = diagnose();
  EXPECT_EQ(judgement(said.at("keeper")), "unknown held_old_fd");
  EXPECT_EQ(judgement(said.at("mapper")), "unknown mapped_old_file");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  said = diagnose({"--deadline", "1"});
  EXPECT_EQ(judgement(said.at("keeper")), "no held_old_fd");
  EXPECT_EQ(judgement(said.at("mapper")), "no mapped_old_file");
}

// Real programs, by what their executables say of themselves.
TEST_F(NodeDoctor, names_the_runtime_and_the_version_of_go_from_the_executables_themselves) {
  RunningPod& pod = add_pod("shop", "programs");
  Volume& config = pod.mount("config");
  config.publish({{"prometheus.yml", "global:\n  scrape_interval: 1h\n"}});
  const auto run = [&](const char* name, std::vector<std::string> command) {
    pod.start({.name = name,
               .command = std::move(command),
               .mounts = {config.mounted_at("/etc/config")},
               .host_programs = true,
               .ready = ""});
  };
  run("go", {"prometheus", "--config.file=/etc/config/prometheus.yml", "--storage.tsdb.path=/tmp",
             "--web.listen-address=127.0.0.1:0"});
  run("python", {"python3", "-c", "import time; time.sleep(1000)"});
  run("node", {"node", "-e", "setInterval(() => {}, 1000)"});
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto said = diagnose();
  for (const char* runtime : {"go", "python", "node"}) {
    ASSERT_TRUE(said.contains(runtime)) << runtime;
    const Line& programs = said.at(runtime).at("programs");
    ASSERT_EQ(programs.size(), 1U) << said.at(runtime).dump(1);
    EXPECT_EQ(programs.at(0).at("runtime"), runtime) << programs.dump(1);
  }
  const Line& prometheus = said.at("go").at("programs").at(0);
  EXPECT_TRUE(prometheus.at("version").get<std::string>().starts_with("go1.")) << prometheus;
  // Debian builds without modules: what such a list gives is shown by GoBuildInfo's tests.
  EXPECT_EQ(prometheus.at("main_package"), "github.com/prometheus/prometheus/cmd/prometheus");
}

TEST_F(NodeDoctor, says_so_when_there_is_nothing_to_look_at) {
  EXPECT_EQ(run_tracer({"doctor", "--path", "/nowhere/at/all"}).exit_code, 2);
  EXPECT_TRUE(diagnose().empty());
}

}  // namespace
}  // namespace reloadtrace::testing
