// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/kubelet_volumes.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

struct Plugin {
  std::string_view directory;
  VolumeKind kind;
};

// The names of the plugins, escaped as kubelet does ("/" becomes "~").
constexpr std::array<Plugin, 5> kPlugins = {{
    {"kubernetes.io~configmap", VolumeKind::ConfigMap},
    {"kubernetes.io~secret", VolumeKind::Secret},
    {"kubernetes.io~projected", VolumeKind::Projected},
    {"kubernetes.io~downward-api", VolumeKind::DownwardApi},
    {"kubernetes.io~csi", VolumeKind::Csi},
}};

// Of the volume that the ServiceAccount admission plugin adds to each pod.
constexpr std::string_view kTokenVolume = "kube-api-access-";
// What such a volume held before Kubernetes 1.21, when it was a Secret.
constexpr std::array<std::string_view, 3> kTokenFiles = {"ca.crt", "namespace", "token"};

// What kubelet renames a volume to while it removes it (pkg/volume/util, RenameDirectory).
constexpr std::string_view kDeleting = ".deleting~";

const Plugin* plugin_of(std::string_view directory) {
  const auto found = std::find_if(kPlugins.begin(), kPlugins.end(), [&](const Plugin& plugin) {
    return plugin.directory == directory;
  });
  return found == kPlugins.end() ? nullptr : found;
}

bool holds_a_token(const KubeletVolume& volume) {
  std::vector<std::string> visible = list_directory(volume.path);
  std::erase_if(visible, [](const std::string& name) { return name.starts_with(".."); });
  std::sort(visible.begin(), visible.end());
  return std::equal(visible.begin(), visible.end(), kTokenFiles.begin(), kTokenFiles.end());
}

// CSI brings databases' disks, too. Drivers that bring configuration use AtomicWriter
// (secrets-store, cert-manager's csi-lib) or write in place to a tmpfs.
bool holds_configuration(const std::string& path) {
  struct statfs status {};
  return read_link(AT_FDCWD, join(path, "..data")) ||
         (::statfs(path.c_str(), &status) == 0 && status.f_type == TMPFS_MAGIC);
}

}  // namespace

std::optional<KubeletVolume> parse_kubelet_path(std::string_view path) {
  constexpr std::string_view kPods = "pods/";
  // A root may itself be called so: the last place from which all the rest fits is meant.
  for (std::size_t at = path.rfind(kPods); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : path.rfind(kPods, at - 1)) {
    if (at != 0 && path[at - 1] != '/') {
      continue;
    }
    std::string_view rest = path.substr(at + kPods.size());
    const std::string_view uid = take_until(rest, '/');
    const std::string_view volumes = take_until(rest, '/');
    const Plugin* const plugin = plugin_of(take_until(rest, '/'));
    const std::string_view name = take_until(rest, '/');
    if (uid.empty() || volumes != "volumes" || plugin == nullptr || name.empty()) {
      continue;
    }
    KubeletVolume volume;
    volume.kind = plugin->kind;
    volume.name = std::string(name);
    volume.pod_uid = std::string(uid);
    volume.path = join(join("pods", uid), join("volumes", join(plugin->directory, name)));
    if (plugin->kind == VolumeKind::Csi) {
      volume.path = join(volume.path, "mount");
    }
    return volume;
  }
  return std::nullopt;
}

std::vector<KubeletVolume> KubeletVolumes::all() const {
  std::vector<KubeletVolume> found;
  for (const std::string& root : roots_) {
    for (const std::string& uid : list_directory(join(root, "pods"))) {
      add_pod(root, uid, found);
    }
  }
  return found;
}

std::vector<KubeletVolume> KubeletVolumes::of_pod(std::string_view uid) const {
  std::vector<KubeletVolume> found;
  for (const std::string& root : roots_) {
    add_pod(root, uid, found);
  }
  return found;
}

std::vector<KubeletVolume> KubeletVolumes::holding(std::string_view path) const {
  std::vector<KubeletVolume> found;
  if (const auto volume = parse_kubelet_path(path)) {
    for (const std::string& root : roots_) {
      KubeletVolume& here = found.emplace_back(*volume);
      here.path = join(root, here.path);
      if (!is_wanted(here)) {
        found.pop_back();
      }
    }
  }
  return found;
}

void KubeletVolumes::add_pod(const std::string& root,
                             std::string_view uid,
                             std::vector<KubeletVolume>& out) const {
  const std::string volumes = join(join(root, "pods"), join(uid, "volumes"));
  for (const Plugin& plugin : kPlugins) {
    const std::string of_kind = join(volumes, plugin.directory);
    for (std::string& name : list_directory(of_kind)) {
      std::string path = join(of_kind, name);
      if (plugin.kind == VolumeKind::Csi) {
        path = join(path, "mount");
      }
      KubeletVolume volume{std::move(path), plugin.kind, std::move(name), std::string(uid)};
      if (is_wanted(volume)) {
        out.push_back(std::move(volume));
      }
    }
  }
}

bool KubeletVolumes::is_wanted(const KubeletVolume& volume) const {
  if (volume.name.find(kDeleting) != std::string::npos) {
    return false;
  }
  switch (volume.kind) {
    case VolumeKind::Projected:
      return service_accounts_ || !volume.name.starts_with(kTokenVolume);
    case VolumeKind::Secret:
      return service_accounts_ || !holds_a_token(volume);
    case VolumeKind::Csi:
      return holds_configuration(volume.path);
    default:
      return true;
  }
}

}  // namespace reloadtrace::node
