// SPDX-License-Identifier: Apache-2.0
// Who on a node is a reader of a pod's volume and who is not, and who was asked about.
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/node_story.h"

namespace reloadtrace::testing {
namespace {

class NodeReaders : public NodeStory {};

// Neither kubelet, which compares all files at each sync, nor what backs up or scans the node.
TEST_F(NodeReaders, are_neither_processes_outside_containers_nor_those_that_mount_all_of_kubelet) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Volume& secret = pod.mount("tls", "secret");
  Container& app = pod.start({.command = actor("directory-watcher", "/etc/config", {"app.yaml"}),
                              .mounts = {config.mounted_at("/etc/config")}});
  Process kubelet(
      {{actor_binary(), "open-poller", config.path(), "app.yaml", "--interval", "100"}});
  ASSERT_TRUE(kubelet.wait_for_line("ready", std::chrono::seconds(10)));
  RunningPod& daemon = add_pod("kube-system", "node-agent");
  const std::string seen =
      "/var/lib/kubelet" + secret.path().substr(node_->kubelet_directory().size());
  Container& agent =
      daemon.start({.command = actor("open-poller", seen, {"app.yaml", "--interval", "100"}),
                    .mounts = {{node_->kubelet_directory(), "/var/lib/kubelet"}}});
  trace();
  secret.publish(next_content());
  config.publish(next_content());
  EXPECT_EQ(verdict(app).at("verdict"), "reloaded");
  EXPECT_TRUE(agent.output().wait_for("read app.yaml", std::chrono::seconds(5)));
  tracer_->stop();
  EXPECT_EQ(verdicts_on_others({&app}), Lines{});
}

TEST_F(NodeReaders, are_named_when_the_pod_shares_its_processes_or_the_nodes) {
  RunningPod& pod = add_pod("risk", "shared");
  Volume& config = pod.mount("config");
  Container& pause = pod.start({.name = "pause", .command = {"sleep", "1000"}, .ready = ""});
  const auto reads = [&config](const char* name) {
    return ContainerOptions{.name = name,
                            .command = actor("directory-watcher", "/etc/config", {"app.yaml"}),
                            .mounts = {config.mounted_at("/etc/config")}};
  };
  ContainerOptions with_pod = reads("with-pod");
  with_pod.shares_pids_of = pause.pid();
  ContainerOptions with_host = reads("with-host");
  with_host.host_pid = true;
  Container& shares_pod = pod.start(with_pod);
  Container& shares_host = pod.start(with_host);
  trace();
  config.publish(next_content());
  for (const Container* container : {&shares_pod, &shares_host}) {
    const Line said = verdict(*container);
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    EXPECT_EQ(reader_in(said), "risk/shared/" + container->name());
  }
}

TEST_F(NodeReaders, are_not_commands_that_somebody_executes_in_a_container) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("no-watcher", config);
  trace();
  config.publish(next_content());
  app.exec({"cat", "/etc/config/app.yaml"});
  const Line said = verdict(app);
  EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
  EXPECT_EQ(said.at("observers").size(), 1U) << said.dump(1);
}

TEST_F(NodeReaders, that_were_asked_for_are_waited_for) {
  view_ = {"--pod", "risk/engine"};
  RunningPod& other = add_pod("risk", "other");
  Volume& other_config = other.mount("config");
  Container& other_app = other.start_actor("directory-watcher", other_config);
  trace();
  EXPECT_TRUE(tracer_->process().errors().wait_for("waiting for", std::chrono::seconds(5)));
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("directory-watcher", config);
  other_config.publish(next_content());
  EXPECT_TRUE(other_app.output().wait_for("read app.yaml", std::chrono::seconds(5)));
  config.publish(next_content());
  EXPECT_EQ(verdict(app).at("verdict"), "reloaded");
  EXPECT_EQ(verdicts_on_others({&app}), Lines{});
}

TEST_F(NodeReaders, can_be_asked_for_by_namespace_and_container) {
  view_ = {"--namespace", "risk", "--container", "app"};
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Container& app = pod.start_actor("directory-watcher", config);
  pod.start_actor("directory-watcher", config, "sidecar");
  RunningPod& elsewhere = add_pod("other", "engine");
  Volume& other_config = elsewhere.mount("config");
  elsewhere.start_actor("directory-watcher", other_config);
  trace();
  other_config.publish(next_content());
  config.publish(next_content());
  EXPECT_EQ(reader_in(verdict(app)), "risk/engine/app");
  tracer_->stop();
  EXPECT_EQ(verdicts_on_others({&app}), Lines{});
}

TEST_F(NodeReaders, are_named_as_soon_as_their_names_are_there) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  trace();
  Container& app = pod.start({.command = actor("directory-watcher", "/etc/config", {"app.yaml"}),
                              .mounts = {config.mounted_at("/etc/config")},
                              .logged = false});
  config.publish(next_content());
  EXPECT_EQ(reader_in(verdict(app)).substr(0, 12), "risk/engine/");
  app.log();
  config.publish(next_content());
  EXPECT_EQ(reader_in(verdict(app, 2)), "risk/engine/app");
}

}  // namespace
}  // namespace reloadtrace::testing
