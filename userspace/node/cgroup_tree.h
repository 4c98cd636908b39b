// SPDX-License-Identifier: Apache-2.0
// Cgroup ids and the directories they stand for: the id is the directory's inode number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userspace/node/cgroup_path.h"

namespace reloadtrace::node {

class CgroupTree {
 public:
  // `root` is where cgroups are mounted (/sys/fs/cgroup). On a hybrid node v2 lies in `unified`.
  CgroupTree(const std::string& root, CgroupHierarchy hierarchy);

  CgroupHierarchy hierarchy() const { return hierarchy_; }

  // 0 = there is no such cgroup.
  std::uint64_t id_of(const std::string& path) const;

  // The paths of a cgroup and all beneath it, itself first; bounded.
  std::vector<std::string> with_nested(const std::string& path) const;

  // Walks the tree (bounded): for a process that has gone and left only its cgroup's id.
  std::optional<std::string> path_of(std::uint64_t id) const;

  std::vector<std::uint32_t> processes_of(const std::string& path) const;

 private:
  std::string base_;
  CgroupHierarchy hierarchy_;
};

}  // namespace reloadtrace::node
