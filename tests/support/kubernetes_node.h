// SPDX-License-Identifier: Apache-2.0
// The directories of a node that kubelet and the container runtime keep: pods share them.
//
// Everything lies below one temporary directory, for --kubelet-dir and --log-dir. What is mounted
// there goes with its owner, and the cgroups above those of pods with the last node; when the test
// dies, a janitor process unmounts and removes the rest.
#pragma once

#include <string>
#include <vector>

#include "tests/support/janitor.h"
#include "tests/support/temporary_directory.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

class KubernetesNode {
 public:
  KubernetesNode();
  KubernetesNode(const KubernetesNode&) = delete;
  KubernetesNode& operator=(const KubernetesNode&) = delete;
  ~KubernetesNode();

  std::string kubelet_directory() const { return directory_.at("kubelet"); }
  std::string log_directory() const { return directory_.at("log"); }
  // Where the runtime keeps state and bundles of a pod.
  std::string runtime_directory(const std::string& pod_uid) const {
    return directory_.at("runtime/" + pod_uid);
  }
  // --kubelet-dir and --log-dir.
  std::vector<std::string> tracer_arguments() const;

 private:
  TemporaryDirectory directory_;
  UniqueFd in_use_;  // the cgroups above those of pods, which other tests may use, too
  Janitor janitor_;
};

}  // namespace reloadtrace::testing
