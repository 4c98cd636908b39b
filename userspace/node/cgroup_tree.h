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

  // How the paths in /proc/PID/cgroup are to be read.
  const CgroupView& view() const { return view_; }

  // We are `self`, in a cgroup namespace where our own cgroup is shown as `shown`: finds out what
  // that namespace hides. (It cannot be asked for; containers without `privileged` run in one.)
  void learn_namespace(std::uint32_t self, const std::string& shown);

  // 0 = there is no such cgroup.
  std::uint64_t id_of(const std::string& path) const;

  // The paths of a cgroup and all beneath it, itself first; bounded.
  std::vector<std::string> with_nested(const std::string& path) const;

  // Walks the tree (bounded): for a process that has gone and left only its cgroup's id.
  std::optional<std::string> path_of(std::uint64_t id) const;

  std::vector<std::uint32_t> processes_of(const std::string& path) const;

 private:
  std::string base_;
  CgroupView view_;
};

}  // namespace reloadtrace::node
