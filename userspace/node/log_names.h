// SPDX-License-Identifier: Apache-2.0
// What kubelet's log directories say of a container: names that no cgroup and no mount table has,
// without asking the API server.
//
//   LOG/containers/POD_NAMESPACE_CONTAINER-ID.log →
//   LOG/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log
// (kubernetes pkg/kubelet/kuberuntime/legacy.go and helpers.go, BuildContainerLogsDirectory). The
// directory of the pod is there before its first container starts, the link some time after. What
// the links lead to is not looked at: they may be broken, or lead in a circle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/base/timestamp.h"

namespace reloadtrace::node {

struct ContainerNames {
  std::string pod_namespace;
  std::string pod;
  std::string container;  // empty while kubelet has made no link for it
  std::uint32_t restarts = 0;

  bool operator==(const ContainerNames&) const = default;
};

class LogNames {
 public:
  explicit LogNames(std::string directory) : directory_(std::move(directory)) {}

  // All that is known of it now; each directory is listed again only when it has changed.
  ContainerNames find(std::string_view container_id, std::string_view pod_uid);

 private:
  struct Directory {
    std::string path;
    std::optional<std::int64_t> changed;  // its time stamp when it was listed, ns
  };
  // Whether it has to be listed again.
  static bool has_changed(Directory& directory);
  void list_links();
  void list_pods();

  std::string directory_;
  Directory links_{directory_ + "/containers", {}};
  Directory pods_{directory_ + "/pods", {}};
  std::unordered_map<std::string, ContainerNames> by_id_;
  std::vector<std::pair<std::string, ContainerNames>> by_cut_id_;  // where the name did not fit
  std::unordered_map<std::string, ContainerNames> by_uid_;         // pod and namespace alone
};

// "POD_NAMESPACE_CONTAINER-ID.log" → the names, and the id, which may be cut short: a name in a
// file system ends after 255 bytes.
struct LogLink {
  ContainerNames names;
  std::string id;
};
std::optional<LogLink> parse_log_link(std::string_view name);

// The N of "…/CONTAINER/N.log"; 0 when there is none.
std::uint32_t restarts_of_log(std::string_view target);

}  // namespace reloadtrace::node
