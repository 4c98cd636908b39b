// SPDX-License-Identifier: Apache-2.0
// Kubernetes manifests and OCI images, as far as a node acts on them: enough to run by runc what a
// cluster would run.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace reloadtrace::testing {

// The documents of a YAML file.
std::vector<nlohmann::json> read_yaml(const std::string& path);

// An OCI layout on disk. Throws when a blob is missing or is not what its digest says.
class Image {
 public:
  explicit Image(const std::string& layout);

  const nlohmann::json& config() const { return config_; }
  // Names in its layers.
  std::vector<std::string> files() const;
  void unpack(const std::string& directory) const;

 private:
  nlohmann::json config_;
  std::vector<std::string> layers_;  // paths of the blobs
};

struct NodeView {
  // What stands for a directory of the node: {"/var/lib/kubelet", "/tmp/…"}.
  std::map<std::string, std::string> host_paths;
  std::string node_name;
};

// The configuration with which containerd would have runc run the first container of this pod
// template. `more` arguments follow those of the manifest.
nlohmann::json runtime_config(const nlohmann::json& pod_spec,
                              const nlohmann::json& image_config,
                              const NodeView& node,
                              const std::vector<std::string>& more);

}  // namespace reloadtrace::testing
