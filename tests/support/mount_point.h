// SPDX-License-Identifier: Apache-2.0
// A mount in this mount namespace that goes with its owner, and what it is mounted on with it.
#pragma once

#include <string>

namespace reloadtrace::testing {

class MountPoint {
 public:
  // A tmpfs of its own, as kubelet mounts one for each secret.
  static MountPoint tmpfs(const std::string& directory);
  // A bind mount of one file, as kubelet makes one for each subPath.
  static MountPoint file(const std::string& source, const std::string& target);

  MountPoint(MountPoint&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  MountPoint& operator=(MountPoint&&) = delete;
  ~MountPoint();

  const std::string& path() const { return path_; }

 private:
  explicit MountPoint(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace reloadtrace::testing
