// SPDX-License-Identifier: Apache-2.0
// A pod as a node sees it: an uid, a name, cgroups, kubelet's directory and the log directory that
// names it.
#pragma once

#include <memory>
#include <string>

#include "tests/support/kubernetes_node.h"

namespace reloadtrace::testing {

// Where a container's cgroup lies, by cgroup driver and runtime.
enum class CgroupShape {
  Cgroupfs,           // /kubepods/burstable/podUID/ID
  SystemdContainerd,  // /kubepods.slice/…/kubepods-burstable-podUID_.slice/cri-containerd-ID.scope
  SystemdCrio,        // the same with crio-ID.scope
};

class Pod {
 public:
  // On a node of its own.
  explicit Pod(std::string name_space = "test", std::string name = "pod");
  Pod(std::shared_ptr<const KubernetesNode> node,
      std::string name_space,
      std::string name,
      CgroupShape shape = CgroupShape::Cgroupfs);
  Pod(const Pod&) = delete;
  Pod& operator=(const Pod&) = delete;
  // As kubelet and the runtime clean up: all directories of the pod go.
  ~Pod();

  const std::string& name_space() const { return namespace_; }
  const std::string& name() const { return name_; }
  const std::string& uid() const { return uid_; }
  // For --kubelet-dir and --log-dir.
  std::string kubelet_directory() const { return node_->kubelet_directory(); }
  std::string log_directory() const { return node_->log_directory(); }
  // Where containers keep their bundles; gone with the pod.
  std::string directory() const { return node_->runtime_directory(uid_); }
  // Kubelet's for this pod.
  std::string pod_directory() const { return kubelet_directory() + "/pods/" + uid_; }

  std::string cgroup() const;
  std::string cgroup_of(const std::string& container_id) const;

  // What kubelet leaves in the log directory when it starts a container for the `start`th time.
  void log_container(const std::string& container, const std::string& id, int start) const;

 private:
  std::string pod_logs() const;

  std::shared_ptr<const KubernetesNode> node_;
  std::string namespace_;
  std::string name_;
  std::string uid_;
  CgroupShape shape_;
};

// Lower-case hexadecimal digits.
std::string random_hex(int digits);

}  // namespace reloadtrace::testing
