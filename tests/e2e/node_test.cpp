// SPDX-License-Identifier: Apache-2.0
// What the tracer finds on a node without being told, and what it calls it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/e2e/node_story.h"

namespace reloadtrace::testing {
namespace {

class NodeVolumes : public NodeStory {};

TEST_F(NodeVolumes, are_found_and_named_whatever_their_kind) {
  const std::vector<std::string> kinds = {"configmap", "secret", "projected", "downward-api",
                                          "csi"};
  RunningPod& pod = add_pod("risk", "engine-7d9f");
  std::vector<const Volume*> volumes;
  std::vector<const Container*> containers;
  for (const std::string& kind : kinds) {
    volumes.push_back(&pod.mount("my-" + kind, kind));
    containers.push_back(&pod.start_actor("directory-watcher", *volumes.back(), "reads-" + kind));
  }
  trace();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    SCOPED_TRACE(kinds[i]);
    volumes[i]->publish(next_content());
    const Line said = verdict(*containers[i]);
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    const Line& volume = said.at("volume");
    EXPECT_EQ(volume.at("kind"), kinds[i]);
    EXPECT_EQ(volume.at("name"), "my-" + kinds[i]);
    EXPECT_EQ(volume.at("path"), "/etc/my-" + kinds[i]);
    EXPECT_EQ(volume.at("host_path"), volumes[i]->path());
    EXPECT_EQ(volume.at("pod_uid"), pod.uid());
    const Line& reader = said.at("reader");
    EXPECT_EQ(reader.at("kind"), "container");
    EXPECT_EQ(reader_in(said), "risk/engine-7d9f/reads-" + kinds[i]);
    EXPECT_EQ(reader.at("container_id"), containers[i]->id());
    EXPECT_EQ(reader.at("pod_uid"), pod.uid());
  }
}

TEST_F(NodeVolumes, are_told_apart_when_two_pods_have_a_secret_of_the_same_name) {
  RunningPod& one = add_pod("blue", "web");
  RunningPod& other = add_pod("green", "web");
  Volume& first = one.mount("tls", "secret");
  Volume& second = other.mount("tls", "secret");
  Container& reads_first = one.start_actor("directory-watcher", first);
  Container& reads_second = other.start_actor("directory-watcher", second);
  trace();
  first.publish(next_content());
  EXPECT_EQ(reader_in(verdict(reads_first)), "blue/web/app");
  second.publish(next_content());
  const Line said = verdict(reads_second);
  EXPECT_EQ(reader_in(said), "green/web/app");
  EXPECT_EQ(said.at("volume").at("host_path"), second.path());
  EXPECT_EQ(said.at("verdict"), "reloaded");
  EXPECT_EQ(verdicts_about(first).size(), 1U);
  EXPECT_EQ(verdicts_about(second).size(), 1U);
}

TEST_F(NodeVolumes, are_followed_into_the_directories_of_their_keys) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& volume = pod.mount("nested", "projected");
  volume.publish({{"conf.d/deep/app.yaml", "level: info"}});
  Container& container =
      pod.start_actor("directory-watcher", volume, "app", {"conf.d/deep/app.yaml"});
  trace();
  const std::string after = volume.publish({{"conf.d/deep/app.yaml", "level: debug"}});
  const Line said = verdict(container);
  EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
  EXPECT_EQ(generation_of(said, "conf.d/deep/app.yaml"), after);
}

TEST_F(NodeVolumes, of_service_account_tokens_are_left_out) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& token = pod.mount("kube-api-access-x7k2p", "projected");
  Volume& config = pod.mount("config");
  Container& container = pod.start(
      {.command = actor("directory-watcher", "/etc/config"),
       .mounts = {config.mounted_at("/etc/config"), token.mounted_at("/var/run/secrets/token")}});
  trace();
  token.publish(next_content());
  config.publish(next_content());
  verdict(container);
  tracer_->stop();
  EXPECT_EQ(verdicts_about(token), Lines{});
  EXPECT_EQ(of_kind(tracer_->lines(), "publish").size(), 1U);
}

TEST_F(NodeVolumes, of_service_account_tokens_are_tracked_when_asked_for) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& token = pod.mount("kube-api-access-x7k2p", "projected");
  Container& container = pod.start_actor("directory-watcher", token);
  trace({"--include-service-account"});
  token.publish(next_content());
  const Line said = verdict(container);
  EXPECT_EQ(said.at("verdict"), "reloaded");
  EXPECT_EQ(said.at("volume").at("name"), "kube-api-access-x7k2p");
}

TEST_F(NodeVolumes, mounted_by_subpath_are_pinned_and_that_is_said_at_each_publish_at_once) {
  RunningPod& pod = add_pod("risk", "engine");
  Volume& config = pod.mount("config");
  Volume& secret = pod.mount("tls", "secret");
  Subpath& file = pod.mount_subpath(config, "app.yaml", "app");
  Subpath& key = pod.mount_subpath(secret, "app.yaml", "sidecar");
  Container& app = pod.start({.command = actor("open-poller", "/etc/app", {"app.yaml"}),
                              .mounts = {file.mounted_at("/etc/app/app.yaml")}});
  Container& sidecar = pod.start({.name = "sidecar",
                                  .command = actor("open-poller", "/etc/app", {"app.yaml"}),
                                  .mounts = {key.mounted_at("/etc/app/app.yaml")}});
  trace({}, "600");  // at once means long before that
  for (std::size_t nth = 1; nth <= 3; ++nth) {
    config.publish(next_content());
    secret.publish(next_content());
    for (const Container* container : {&app, &sidecar}) {
      const Line said = verdict(*container, nth);
      EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
      EXPECT_EQ(said.at("cause"), "subpath_pinned") << said.dump(1);
    }
  }
  file.renew();
  app.restart();
  config.publish(next_content());
  const Line said = verdict(app);
  EXPECT_EQ(said.at("cause"), "subpath_pinned") << said.dump(1);
}

class NodeCgroups : public NodeStory, public ::testing::WithParamInterface<CgroupShape> {};

TEST_P(NodeCgroups, of_every_driver_and_runtime_tell_the_container_of_a_pod) {
  RunningPod& before = add_pod("risk", "before", GetParam());
  Volume& old_volume = before.mount("config");
  Container& old_reader = before.start_actor("directory-watcher", old_volume);
  trace();
  RunningPod& after = add_pod("risk", "after", GetParam());
  Volume& new_volume = after.mount("tls", "secret");
  Container& new_reader = after.start_actor("directory-watcher", new_volume);
  old_volume.publish(next_content());
  new_volume.publish(next_content());
  for (const auto& [container, name] :
       {std::pair(&old_reader, "risk/before/app"), std::pair(&new_reader, "risk/after/app")}) {
    const Line said = verdict(*container);
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    EXPECT_EQ(reader_in(said), name);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         NodeCgroups,
                         ::testing::Values(CgroupShape::Cgroupfs,
                                           CgroupShape::SystemdContainerd,
                                           CgroupShape::SystemdCrio),
                         [](const auto& tested) -> std::string {
                           switch (tested.param) {
                             case CgroupShape::SystemdContainerd:
                               return "systemd_containerd";
                             case CgroupShape::SystemdCrio:
                               return "systemd_crio";
                             case CgroupShape::Cgroupfs:
                               break;
                           }
                           return "cgroupfs";
                         });

}  // namespace
}  // namespace reloadtrace::testing
