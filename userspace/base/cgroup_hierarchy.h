// SPDX-License-Identifier: Apache-2.0
// Which hierarchy cgroup ids belong to. The kernel side and those who read /sys/fs/cgroup must take
// the same one, so the rule lies below both.
#pragma once

#include <string>
#include <string_view>

namespace reloadtrace {

struct CgroupHierarchy {
  // A v1 controller, mounted at /sys/fs/cgroup/<controller>; empty = v2. An id is the inode number
  // of the cgroup's directory there.
  std::string controller;

  bool is_v2() const { return controller.empty(); }
};

// `proc_self_cgroup` is what /proc/self/cgroup holds. A line "N:…,pids,…:/path" with N > 0 is a v1
// hierarchy: on v1 and hybrid nodes the runtimes put their containers there, while the v2 tree
// beside it has systemd's units alone. `pids`, because every runtime uses it and no kernel is
// without it.
inline CgroupHierarchy choose_cgroup_hierarchy(std::string_view proc_self_cgroup) {
  while (!proc_self_cgroup.empty()) {
    const auto line = proc_self_cgroup.substr(0, proc_self_cgroup.find('\n'));
    proc_self_cgroup.remove_prefix(line.size() + (line.size() < proc_self_cgroup.size() ? 1 : 0));
    const auto first = line.find(':');
    const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos || line.substr(0, first) == "0") {
      continue;
    }
    std::string_view controllers = line.substr(first + 1, second - first - 1);
    while (!controllers.empty()) {
      const auto one = controllers.substr(0, controllers.find(','));
      if (one == "pids") {
        return {"pids"};
      }
      controllers.remove_prefix(one.size() + (one.size() < controllers.size() ? 1 : 0));
    }
  }
  return {};
}

}  // namespace reloadtrace
