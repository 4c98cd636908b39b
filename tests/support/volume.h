// SPDX-License-Identifier: Apache-2.0
// A config volume of a pod, published to by the real publisher program.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/mount_point.h"
#include "tests/support/pod.h"
#include "tests/support/process.h"

namespace reloadtrace::testing {

// Contents by key, as for publish().
using Keys = std::map<std::string, std::string>;

struct PublishOptions {
  std::vector<std::string> remove = {};     // keys
  std::string style = "atomic";             // atomic, git-sync, vault, in-place
  milliseconds delay{0};                    // between the complete new generation and the rename
  milliseconds delay_remove{0};             // before the old generation goes
  int repeat = 1;                           // "{n}" in a value becomes the number of the publish
  milliseconds interval{100};               // between two of them
  std::vector<std::string> arguments = {};  // any others
};

// A bind mount into a container.
struct Mount {
  std::string source;
  std::string destination;
  bool read_only = true;
};

class Volume {
 public:
  // `kind` as kubelet names its directories: configmap, secret, projected, downward-api, csi,
  // empty-dir. On the disk below the pod, or, as kubelet has all but configmaps, on a tmpfs of its
  // own.
  explicit Volume(const Pod& pod,
                  std::string name = "config",
                  const std::string& kind = "configmap",
                  bool on_tmpfs = false);

  // Where kubelet has it: .../pods/UID/volumes/kubernetes.io~configmap/NAME, for csi also /mount
  const std::string& path() const { return path_; }
  const std::string& name() const { return name_; }

  // Changes these keys and keeps the others. Returns when the publisher has ended, with the name of
  // what is visible now: for atomic ones the generation, "..2026_11_22_12_00_01.491364466".
  std::string publish(const Keys& keys, const PublishOptions& options = {}) const;
  // The same without waiting for its end.
  Command publisher(const Keys& keys, const PublishOptions& options = {}) const;

  // The generation that is visible now.
  std::string generation() const;

  Mount mounted_at(const std::string& destination) const { return {path_, destination, true}; }
  // As kubelet binds a subPath: one file of the generation that is visible now.
  Mount subpath_mounted_at(const std::string& key, const std::string& destination) const;

 private:
  std::string name_;
  std::string path_;
  std::shared_ptr<MountPoint> tmpfs_;  // copies are the same volume
};

// A subPath as kubelet prepares it: a mount of one file of the generation that is visible then,
// below the pod's directory, which the runtime binds into the container.
class Subpath {
 public:
  Subpath(const Pod& pod,
          const Volume& volume,
          std::string key,
          const std::string& container,
          int index = 0);

  Mount mounted_at(const std::string& destination) const { return {target_, destination, true}; }
  // Before a restart of the container: the same of what is visible now.
  void renew();

 private:
  const Volume& volume_;
  std::string key_;
  std::string target_;
  std::optional<MountPoint> mount_;
};

}  // namespace reloadtrace::testing
