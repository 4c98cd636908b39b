// SPDX-License-Identifier: Apache-2.0
// Where kubelet keeps the config volumes of pods:
//   ROOT/pods/UID/volumes/kubernetes.io~KIND/NAME, of a CSI volume NAME/mount
// (kubernetes pkg/kubelet/kubelet_getters.go, getPodVolumeDir; pkg/volume/csi/csi_util.go).
//
// Paths are told by their tail alone: kubelet may know its root by another name than we do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/wire/fact.h"

namespace reloadtrace::node {

struct KubeletVolume {
  std::string path;
  VolumeKind kind = VolumeKind::ConfigMap;
  std::string name;
  std::string pod_uid;  // of a static pod: the hash of its manifest
};

class KubeletVolumes {
 public:
  // `roots` are kubelet's --root-dir, as seen from here; one that is not there holds nothing.
  // `service_accounts`: also the volumes of kube-api-access tokens.
  KubeletVolumes(std::vector<std::string> roots, bool service_accounts)
      : roots_(std::move(roots)), service_accounts_(service_accounts) {}

  // Those that exist now.
  std::vector<KubeletVolume> all() const;
  std::vector<KubeletVolume> of_pod(std::string_view uid) const;

  // The one that a path of kubelet's lies in or is, in each root. Whether it exists was not looked
  // at.
  std::vector<KubeletVolume> holding(std::string_view path) const;

  const std::vector<std::string>& roots() const { return roots_; }

 private:
  void add_pod(const std::string& root,
               std::string_view uid,
               std::vector<KubeletVolume>& out) const;
  bool is_wanted(const KubeletVolume& volume) const;

  std::vector<std::string> roots_;
  bool service_accounts_;
};

// Whether a path has the form of something in a config volume, wanted or not; its pieces are in
// `volume`, whose path is from kubelet's root.
std::optional<KubeletVolume> parse_kubelet_path(std::string_view path);

}  // namespace reloadtrace::node
