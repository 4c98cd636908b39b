// SPDX-License-Identifier: Apache-2.0
// What must be known of the running kernel before programs are loaded into it.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/base/cgroup_hierarchy.h"
#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/wire/identity.h"

namespace reloadtrace {

Timestamp monotonic_now();

// An error without kernel BTF, saying what to do.
Result<> require_btf();
// Where inotify descriptors live: all their inodes lie on one device that has no name.
Result<DeviceId> find_anon_inode_device();
// Where sockets live, likewise.
Result<DeviceId> find_socket_device();
// The number of the mount namespace of pid 1 under `proc`; our own's when it may not be read.
std::uint32_t find_node_mount_namespace(const std::string& proc);
CgroupHierarchy own_cgroup_hierarchy();

// The kernel refused BPF; `reason` is what libbpf said.
Error not_permitted(const std::string& reason);

}  // namespace reloadtrace
