// SPDX-License-Identifier: Apache-2.0
// The stage of tests of a whole node: pods come and go below a kubelet directory, and the tracer is
// given that directory alone.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/session.h"
#include "tests/support/container.h"
#include "tests/support/kubernetes_node.h"
#include "tests/support/pod.h"
#include "tests/support/volume.h"

namespace reloadtrace::testing {

// A pod with all that is its own. When it goes, its containers end first and its directories last,
// as kubelet does it.
class RunningPod {
 public:
  RunningPod(std::shared_ptr<const KubernetesNode> node,
             std::string name_space,
             std::string name,
             CgroupShape shape = CgroupShape::Cgroupfs)
      : pod_(std::move(node), std::move(name_space), std::move(name), shape) {}
  RunningPod(const RunningPod&) = delete;
  RunningPod& operator=(const RunningPod&) = delete;
  ~RunningPod();

  // As kubelet has it: configmaps on the disk, all others each on a tmpfs. With {"app.yaml",
  // "limits.conf"} in it.
  Volume& mount(const std::string& name, const std::string& kind = "configmap");
  Subpath& mount_subpath(const Volume& volume,
                         const std::string& key,
                         const std::string& container = "app");
  Container& start(ContainerOptions options);
  // Named `name`, with the volume at /etc/VOLUME, doing what an actor does with its app.yaml.
  Container& start_actor(const std::string& behaviour,
                         const Volume& volume,
                         const std::string& name = "app",
                         const std::vector<std::string>& more = {"app.yaml"});

  const Pod& pod() const { return pod_; }
  const std::string& uid() const { return pod_.uid(); }

 private:
  Pod pod_;
  std::deque<Volume> volumes_;
  std::deque<Subpath> subpaths_;
  std::deque<std::unique_ptr<Container>> containers_;
};

class NodeStory : public Session {
 protected:
  // A pod of the node; gone at the latest when the test ends.
  RunningPod& add_pod(const std::string& name_space,
                      const std::string& name,
                      CgroupShape shape = CgroupShape::Cgroupfs);
  void remove_pod(const RunningPod& pod);

  // Begins to trace the node.
  void trace(const std::vector<std::string>& more = {}, const std::string& deadline = "2");

  // The reload lines so far of readers that are not among these containers.
  Lines verdicts_on_others(const std::vector<const Container*>& known);
  // The reload lines so far about this volume.
  Lines verdicts_about(const Volume& volume);

  // Another value each time.
  Keys next_content() { return {{"app.yaml", "level: " + std::to_string(++contents_)}}; }

  std::shared_ptr<const KubernetesNode> node_ = std::make_shared<KubernetesNode>();
  std::deque<std::unique_ptr<RunningPod>> pods_;

 private:
  int contents_ = 0;
};

// The names in a reload line, "namespace/pod/container".
std::string reader_in(const Line& reload);

}  // namespace reloadtrace::testing
