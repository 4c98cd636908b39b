// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/container_mounts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/mountinfo.h"

namespace reloadtrace::node {

namespace {

bool shows_another_inode(const ProcFs& proc,
                         std::uint32_t tgid,
                         const Mount& mount,
                         const Volume& volume) {
  const auto status = quick_stat(AT_FDCWD, proc.path(tgid, "root") + mount.point);
  return status && (status->st_ino != volume.id().ino || status->st_dev != volume.stat_device());
}

// Who mounts all of kubelet's directory, as agents for the node do, sees the tmpfs of every secret:
// those are none of its configuration.
bool is_of_another_pod(const Volume& volume, std::string_view pod_uid) {
  return volume.of_pod() && volume.site().pod_uid != pod_uid;
}

VolumeMount describe(const Mount& mount, const Volume& volume, std::string_view part) {
  VolumeMount found;
  found.fact.volume = volume.id();
  found.fact.path = mount.point;
  found.below_root = std::string(part);
  if (!part.empty()) {
    PlaceInVolume place = volume.place(part);
    found.fact.sub_path = place.path.empty() ? "." : std::move(place.path);
    found.fact.generation = std::move(place.generation);
  }
  return found;
}

}  // namespace

std::vector<VolumeMount> find_volume_mounts(const ProcFs& proc,
                                            std::uint32_t tgid,
                                            std::string_view mountinfo,
                                            const VolumeSet& volumes,
                                            std::string_view pod_uid) {
  std::vector<VolumeMount> found;
  for_each_mount(
      mountinfo, [&](DeviceId device) { return volumes.on_device(device); },
      [&](const Mount& mount) {
        const auto [volume, part] = volumes.holding(mount.device, mount.root);
        // The mount table may have been read in the middle of a change: the inode is the proof.
        if (volume != nullptr && !is_of_another_pod(*volume, pod_uid) &&
            (!part.empty() || !shows_another_inode(proc, tgid, mount, *volume))) {
          found.push_back(describe(mount, *volume, part));
        }
      });
  return found;
}

VolumeMount view_on_host(const Volume& volume) {
  VolumeMount view;
  view.fact.volume = volume.id();
  view.fact.path = volume.site().host_path;
  return view;
}

VolumeMount view_through_parent(std::string_view mountinfo, const Volume& volume) {
  VolumeMount view = view_on_host(volume);
  std::size_t longest = 0;
  for_each_mount(
      mountinfo, [&](DeviceId device) { return device == volume.id().dev; },
      [&](const Mount& mount) {
        const auto rest = below(volume.fs_path(), mount.root);
        if (rest && mount.root.size() > longest) {
          longest = mount.root.size();
          view.fact.path = join(mount.point, *rest);
        }
      });
  return view;
}

}  // namespace reloadtrace::node
