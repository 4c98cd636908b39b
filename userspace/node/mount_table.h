// SPDX-License-Identifier: Apache-2.0
// A mount table, read once and asked often: where each directory of the node lies in its file
// system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/node/mountinfo.h"
#include "userspace/wire/identity.h"

namespace reloadtrace::node {

// Where the mount table has a directory.
struct MountedAt {
  DeviceId device = 0;  // s_dev: on btrfs not what stat() says
  std::string fs_path;  // from the root of that file system
};

class MountTable {
 public:
  explicit MountTable(std::string_view mountinfo);
  MountTable(const MountTable&) = delete;
  MountTable& operator=(const MountTable&) = delete;

  // By the mount with this id; without one, by the longest mount point above the path whose device
  // is `device`; otherwise that device and no path.
  MountedAt find(const std::string& path,
                 std::optional<std::uint64_t> mount_id,
                 DeviceId device) const;

 private:
  using Mounts = std::vector<const Mount*>;

  std::unordered_map<std::uint64_t, Mount> by_id_;
  std::unordered_map<std::string, Mounts> by_point_;  // the later ones cover the earlier
};

}  // namespace reloadtrace::node
