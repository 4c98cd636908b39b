// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/cgroup_path.h"

#include <algorithm>

#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_full_id(std::string_view name) {
  return name.size() == 64 && std::all_of(name.begin(), name.end(), is_hex);
}

bool has_controller(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    if (take_until(controllers, ',') == wanted) {
      return true;
    }
  }
  return false;
}

// "pod480482f5-…" or "kubepods-burstable-pod480482f5_dc39_….slice" → the uid.
std::optional<std::string> pod_uid_of(std::string_view component) {
  std::string_view name = component;
  if (name.ends_with(".slice")) {
    name.remove_suffix(6);
    const std::size_t pod = name.rfind("-pod");
    if (!name.starts_with("kubepods") || pod == std::string_view::npos) {
      return std::nullopt;
    }
    name.remove_prefix(pod + 1);
  }
  if (!name.starts_with("pod") || name.size() <= 3) {
    return std::nullopt;
  }
  std::string uid(name.substr(3));
  // systemd has no dash in a slice's last part: it means the parent.
  if (component.ends_with(".slice")) {
    std::replace(uid.begin(), uid.end(), '_', '-');
  }
  return uid;
}

// "cri-containerd-ID.scope" and "crio-ID" → "ID"; other names are ids themselves.
std::string_view id_of(std::string_view component) {
  if (component.ends_with(".scope")) {
    component.remove_suffix(6);
  }
  for (const std::string_view prefix :
       {"cri-containerd-", "docker-", "crio-", "libpod-", "containerd-", "nerdctl-", "podman-"}) {
    if (component.starts_with(prefix) && component.size() > prefix.size()) {
      return component.substr(prefix.size());
    }
  }
  return component;
}

// Scopes that runtimes keep beside the container: they hold the monitor, not the application.
bool is_monitor(std::string_view component) {
  return component.starts_with("crio-conmon-") || component.starts_with("libpod-conmon-") ||
         component.starts_with("conmon-");
}

}  // namespace

CgroupHierarchy hierarchy_of(std::string_view proc_cgroup) {
  while (!proc_cgroup.empty()) {
    std::string_view line = take_line(proc_cgroup);
    take_until(line, ':');
    if (has_controller(take_until(line, ':'), "pids")) {
      return CgroupHierarchy::PidsV1;
    }
  }
  return CgroupHierarchy::Unified;
}

std::optional<std::string> cgroup_path_in(std::string_view proc_cgroup, const CgroupView& view) {
  while (!proc_cgroup.empty()) {
    std::string_view line = take_line(proc_cgroup);
    const std::string_view number = take_until(line, ':');
    const std::string_view controllers = take_until(line, ':');
    const bool matches = view.hierarchy == CgroupHierarchy::PidsV1
                             ? has_controller(controllers, "pids")
                             : number == "0" && controllers.empty();
    if (!matches || !line.starts_with('/')) {
      continue;
    }
    std::string_view root = view.root;
    while (line == "/.." || line.starts_with("/../")) {
      line.remove_prefix(3);
      root = root.substr(0, root.rfind('/') == root.npos ? 0 : root.rfind('/'));
    }
    const std::string path = std::string(root) + std::string(line == "/" ? "" : line);
    return path.empty() ? "/" : path;
  }
  return std::nullopt;
}

std::optional<ContainerRef> container_of(std::string_view cgroup_path) {
  std::optional<std::string> pod_uid;
  std::size_t end = 0;
  while (end < cgroup_path.size()) {
    const std::size_t begin = cgroup_path.find_first_not_of('/', end);
    if (begin == std::string_view::npos) {
      break;
    }
    end = std::min(cgroup_path.find('/', begin), cgroup_path.size());
    std::string_view component = cgroup_path.substr(begin, end - begin);
    // containerd with the systemd driver on a node without systemd's cgroups:
    // "kubepods-burstable-pod….slice:cri-containerd:ID", one component.
    if (const std::size_t colon = component.rfind(':');
        colon != std::string_view::npos && is_full_id(component.substr(colon + 1))) {
      pod_uid = pod_uid_of(component.substr(0, component.find(':')));
      component.remove_prefix(colon + 1);
    }
    const std::string_view id = id_of(component);
    if (is_monitor(component)) {
      return std::nullopt;
    }
    if (pod_uid || is_full_id(id)) {
      return ContainerRef{std::string(id), pod_uid.value_or(""),
                          std::string(cgroup_path.substr(0, end))};
    }
    pod_uid = pod_uid_of(component);
  }
  return std::nullopt;
}

}  // namespace reloadtrace::node
