// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/cgroup_hierarchy.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

TEST(CgroupHierarchy, is_v2_where_only_v2_is_mounted) {
  EXPECT_TRUE(choose_cgroup_hierarchy("0::/system.slice/x.service\n").is_v2());
}

TEST(CgroupHierarchy, is_the_pids_controller_on_hybrid_and_v1) {
  const auto hierarchy = choose_cgroup_hierarchy("9:name=systemd:/\n8:pids:/a\n0::/\n");
  EXPECT_EQ(hierarchy.controller, "pids");
  EXPECT_EQ(choose_cgroup_hierarchy("3:cpu,cpuacct:/\n2:memory,pids:/").controller, "pids");
}

TEST(CgroupHierarchy, is_v2_where_v1_has_no_pids) {
  EXPECT_TRUE(choose_cgroup_hierarchy("1:name=systemd:/\n0::/\n").is_v2());
  EXPECT_TRUE(choose_cgroup_hierarchy("2:cpu:/pids\n1:name=pids:/\n0::/\n").is_v2());
}

TEST(CgroupHierarchy, is_v2_when_the_file_says_nothing_sensible) {
  for (const char* text : {"", "\n", "::", "pids", "8:pids", ",,,\n:,:", "0:pids:/"}) {
    EXPECT_TRUE(choose_cgroup_hierarchy(text).is_v2()) << text;
  }
}

}  // namespace
}  // namespace reloadtrace
