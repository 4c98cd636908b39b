// SPDX-License-Identifier: Apache-2.0
// /proc/PID/cgroup.
#include "tests/fuzz/target.h"
#include "userspace/node/cgroup_path.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(cgroup) {
  const node::CgroupHierarchy hierarchy = node::hierarchy_of(bytes);
  for (const char* root : {"", "/kubepods/burstable", "/a/b/c"}) {
    if (const auto path = node::cgroup_path_in(bytes, {hierarchy, root})) {
      node::container_of(*path);
    }
  }
  for_each_line(bytes, [](std::string_view line) { node::container_of(line); });
}
