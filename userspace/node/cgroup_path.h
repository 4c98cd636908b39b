// SPDX-License-Identifier: Apache-2.0
// Which container a cgroup belongs to, told from its path alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reloadtrace::node {

// The hierarchy whose cgroup ids the kernel side reports: v1's `pids` where a node has one, else
// v2.
enum class CgroupHierarchy { PidsV1, Unified };

// From /proc/PID/cgroup of a process that certainly is on this node.
CgroupHierarchy hierarchy_of(std::string_view proc_cgroup);

struct CgroupView {
  CgroupView(CgroupHierarchy of, std::string from = {}) : hierarchy(of), root(std::move(from)) {}

  CgroupHierarchy hierarchy;
  // The root of our own cgroup namespace; empty where that is the root of all, or not known.
  std::string root;
};

// The path in that hierarchy. In a cgroup namespace it is shown from the namespace's root
// ("/../../podX/ID" beside "/kubepods/podY/ID"); with that root not known the dots are taken off.
std::optional<std::string> cgroup_path_in(std::string_view proc_cgroup, const CgroupView& view);

struct ContainerRef {
  std::string id;       // as the runtime named it
  std::string pod_uid;  // with dashes; empty outside Kubernetes
  std::string cgroup;   // path of the container's own cgroup; nested ones lie beneath it
};

// The container whose cgroup this is or lies in; nothing for a process outside containers. Known
// shapes: a directory below pod<uid>, whatever its name; <runtime>-ID.scope of systemd; a directory
// named by 64 hexadecimal digits (cgroupfs, /docker/ID). The outermost one counts: what a container
// runs inside itself is its own affair.
std::optional<ContainerRef> container_of(std::string_view cgroup_path);

}  // namespace reloadtrace::node
