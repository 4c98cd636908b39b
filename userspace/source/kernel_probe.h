// SPDX-License-Identifier: Apache-2.0
// What must be known of the running kernel before programs are loaded into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/cgroup_hierarchy.h"
#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/wire/identity.h"

namespace reloadtrace {

Timestamp monotonic_now();

// Devices without a name.
struct KernelDevices {
  DeviceId anon_inodes = 0;  // where inotify descriptors live
  DeviceId sockets = 0;
};

Result<KernelDevices> probe_kernel();
// The number of the mount namespace of pid 1 under `proc`; our own's when it may not be read.
std::uint32_t find_node_mount_namespace(const std::string& proc);
CgroupHierarchy own_cgroup_hierarchy();

// The answers to `--hooks fentry` where there is none.
Error no_fentry(const Error& reason);
Error not_in_btf();
Error not_in_kernel();
// A required hook attached, and delivers nothing. `btf` is the file that types came from, if any.
Error silent_hook(std::string_view name, const std::string& btf);

}  // namespace reloadtrace
