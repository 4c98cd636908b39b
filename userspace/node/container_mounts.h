// SPDX-License-Identifier: Apache-2.0
// Where a container sees the tracked volumes, from its mount table.
//
// Device and inode decide, not text: kubelet and pod see the same directory under different paths,
// and a tmpfs has no path at all in the container's table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/node/proc_fs.h"
#include "userspace/node/volume_set.h"
#include "userspace/wire/fact.h"

namespace reloadtrace::node {

struct VolumeMount {
  MountFact fact;
  std::string below_root;  // what of the volume is mounted, from its root; "" = all of it
};

// The mounts of whole volumes and of single files or directories of them (subPath). `mountinfo` is
// that of the process, `pod_uid` its pod: kubelet's volumes count for their own pod alone.
std::vector<VolumeMount> find_volume_mounts(const ProcFs& proc,
                                            std::uint32_t tgid,
                                            std::string_view mountinfo,
                                            const VolumeSet& volumes,
                                            std::string_view pod_uid);

// Where a process that mounts a directory above the volume sees the volume; its path on the host
// when the mount table does not tell.
VolumeMount view_through_parent(std::string_view mountinfo, const Volume& volume);

// For those whose mount tables do not show where they see it: its path on the host.
VolumeMount view_on_host(const Volume& volume);

}  // namespace reloadtrace::node
