// SPDX-License-Identifier: Apache-2.0
// Pods come, restart and go, and so does the tracer.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/node_story.h"

namespace reloadtrace::testing {
namespace {

class NodeChurn : public NodeStory {};

TEST_F(NodeChurn, shows_the_first_read_of_a_pod_that_came_later) {
  trace();
  RunningPod& pod = add_pod("risk", "late");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("no-watcher", config);
  // Only who saw the first read knows that this file is none of its business, and the next one is.
  config.publish({{"limits.conf", "files: 99"}});
  EXPECT_EQ(verdict(app).at("verdict"), "unchanged") << verdict(app).dump(1);
  config.publish({{"app.yaml", "level: debug"}, {"limits.conf", "files: 100"}});
  const Line said = verdict(app, 2);
  EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
  EXPECT_EQ(said.at("cause"), "no_watcher") << said.dump(1);
  EXPECT_NE(said.at("evidence").get<std::string>().find("app.yaml"), std::string::npos)
      << said.dump(1);
}

TEST_F(NodeChurn, follows_a_container_through_a_restart) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("directory-watcher", config);
  trace();
  config.publish(next_content());
  const Line first = verdict(app);
  app.restart();
  config.publish(next_content());
  const Line second = verdict(app);
  EXPECT_NE(first.at("reader").at("container_id"), second.at("reader").at("container_id"));
  for (const Line& said : {first, second}) {
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    EXPECT_EQ(reader_in(said), "risk/engine/app");
  }
}

TEST_F(NodeChurn, sees_what_a_container_does_that_lives_for_a_moment) {
  RunningPod& pod = add_pod("risk", "job");
  Volume& config = pod.mount("config");
  trace({"--events"});
  const Container& init =
      pod.start({.name = "init",
                 .command = {"sh", "-c", "read line </etc/config/app.yaml; busybox usleep 100000"},
                 .mounts = {config.mounted_at("/etc/config")},
                 .ready = ""});
  const auto read = tracer_->wait_for([&init](const Line& line) {
    return line.value("kind", "") == "event" && line.value("event", "") == "read" &&
           line.at("reader").value("container_id", "") == init.id();
  });
  ASSERT_TRUE(read) << Line(tracer_->lines()).dump(1);
  EXPECT_EQ(reader_in(*read).substr(0, 9), "risk/job/");
}

TEST_F(NodeChurn, says_nothing_more_of_a_pod_that_went) {
  RunningPod& goes = add_pod("risk", "goes");
  Volume& gone_secret = goes.mount("tls", "secret");
  goes.start_actor("directory-watcher", gone_secret);
  RunningPod& stays = add_pod("risk", "stays");
  Volume& config = stays.mount("config");
  Container& app = stays.start_actor("directory-watcher", config);
  trace();
  remove_pod(goes);
  // Its inode numbers, and its device, may be given to the next.
  for (int i = 0; i < 3; ++i) {
    RunningPod& next = add_pod("risk", "next");
    Volume& secret = next.mount("tls", "secret");
    Container& reader = next.start_actor("directory-watcher", secret);
    secret.publish(next_content());
    const Line said = verdict(reader);
    EXPECT_EQ(reader_in(said), "risk/next/app");
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    remove_pod(next);
  }
  config.publish(next_content());
  EXPECT_EQ(verdict(app).at("verdict"), "reloaded");
  for (const Line& line : of_kind(tracer_->lines(), "reload")) {
    EXPECT_NE(reader_in(line), "risk/goes/app") << line.dump(1);
  }
}

TEST_F(NodeChurn, gives_each_of_180_volumes_of_60_pods_its_verdict) {
  constexpr std::size_t kPods = 60;
  struct Member {
    RunningPod* pod;
    Volume* volumes[3];
    Container* container = nullptr;
  };
  std::vector<Member> members;
  PublishOptions to_all;
  for (std::size_t i = 0; i < kPods; ++i) {
    RunningPod& pod = add_pod("crowd", "pod-" + std::to_string(i));
    members.push_back(
        {&pod,
         {&pod.mount("config"), &pod.mount("tls", "secret"), &pod.mount("all", "projected")}});
    for (const Volume* volume : members.back().volumes) {
      to_all.arguments.push_back(volume->path());
    }
  }
  const auto start = [&members](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      Member& member = members[i];
      std::vector<Mount> mounts;
      for (const Volume* volume : member.volumes) {
        mounts.push_back(volume->mounted_at("/etc/" + volume->name()));
      }
      member.container = &member.pod->start(
          {.command = actor("directory-watcher", "/etc/config", {"app.yaml"}), .mounts = mounts});
    }
  };
  start(0, kPods / 2);
  trace({}, "4");
  start(kPods / 2, kPods);
  to_all.arguments.erase(to_all.arguments.begin());  // publish() names the first itself
  members[0].volumes[0]->publish(next_content(), to_all);

  const Lines said =
      tracer_->wait_for([](const Line& line) { return line.value("kind", "") == "reload"; },
                        3 * kPods, std::chrono::seconds(30));
  ASSERT_EQ(said.size(), 3 * kPods);
  std::map<std::string, int> verdicts;
  for (const Line& line : said) {
    EXPECT_EQ(line.at("volume").at("pod_uid"), line.at("reader").at("pod_uid")) << line.dump(1);
    EXPECT_NE(line.at("verdict"), "unknown") << line.dump(1);
    // As the application has it, not as the runtime's helpers had it before.
    EXPECT_EQ(line.at("volume").at("path"), "/etc/" + line.at("volume").value("name", ""));
    EXPECT_EQ(line.at("process").at("comm"), "actor") << line.dump(1);
    ++verdicts[line.at("volume").value("kind", "") + " " + line.value("verdict", "")];
  }
  EXPECT_EQ(verdicts,
            (std::map<std::string, int>{
                {"configmap reloaded", 60}, {"secret stale", 60}, {"projected stale", 60}}));
}

TEST_F(NodeChurn, judges_by_what_they_hold_those_that_missed_a_publish_with_the_tracer) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Container& reloads = pod.start_actor("directory-watcher", config, "reloads");
  Container& keeps = pod.start_actor("fd-keeper", config, "keeps");
  trace();
  config.publish(next_content());
  EXPECT_EQ(verdict(reloads).at("verdict"), "reloaded");
  EXPECT_EQ(verdict(keeps).at("cause"), "held_old_fd");
  tracer_->process().signal(SIGKILL);
  ASSERT_TRUE(tracer_->process().wait(std::chrono::seconds(5)));
  config.publish(next_content());
  EXPECT_TRUE(reloads.output().wait_for("read app.yaml", std::chrono::seconds(5)));

  trace();
  const Line missed = verdict(keeps);
  EXPECT_EQ(missed.at("verdict"), "stale") << missed.dump(1);
  EXPECT_EQ(missed.at("cause"), "held_old_fd") << missed.dump(1);
  config.publish(next_content());
  const auto reloaded = tracer_->wait_for([&reloads](const Line& line) {
    return line.value("kind", "") == "reload" && line.value("verdict", "") == "reloaded" &&
           line.at("reader").value("container_id", "") == reloads.id();
  });
  EXPECT_TRUE(reloaded) << Line(tracer_->lines()).dump(1);
  // What it read in between nobody saw: no accusation.
  for (const Line& line : of_kind(tracer_->lines(), "reload")) {
    if (line.at("reader").value("container_id", "") == reloads.id()) {
      EXPECT_NE(line.at("verdict"), "stale") << line.dump(1);
    }
  }
}

TEST_F(NodeChurn, waits_for_a_kubelet_directory_that_is_not_there_yet) {
  std::filesystem::remove_all(node_->kubelet_directory());
  trace();
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("directory-watcher", config);
  config.publish(next_content());
  const Line said = verdict(app);
  EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
  EXPECT_EQ(reader_in(said), "risk/engine/app");
}

TEST_F(NodeChurn, goes_on_when_the_kubelet_directory_is_unmounted_and_comes_back) {
  {
    const MountPoint disk = MountPoint::tmpfs(node_->kubelet_directory());
    RunningPod& pod = add_pod("risk", "before");
    Volume& config = pod.mount("config");
    Container& app = pod.start_actor("directory-watcher", config);
    trace();
    config.publish(next_content());
    EXPECT_EQ(verdict(app).at("verdict"), "reloaded");
    remove_pod(pod);
  }
  RunningPod& pod = add_pod("risk", "after");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("directory-watcher", config);
  config.publish(next_content());
  EXPECT_EQ(verdict(app).at("verdict"), "reloaded");
}

}  // namespace
}  // namespace reloadtrace::testing
