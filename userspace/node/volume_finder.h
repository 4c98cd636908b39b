// SPDX-License-Identifier: Apache-2.0
// Makes a volume of a path that somebody gave: which directory is meant, behind which symlink its
// generations are, and under which device and path the mount table knows it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/node/volume.h"

namespace reloadtrace::node {

// Where the mount table has a directory.
struct MountedAt {
  DeviceId device = 0;  // s_dev: on btrfs not what stat() says
  std::string fs_path;  // from the root of that file system
};

// The mount of `mountinfo` with this id; without one, the longest mount point above the path whose
// device is `device`; otherwise that device and no path.
MountedAt find_mount_of(std::string_view mountinfo,
                        const std::string& path,
                        std::optional<std::uint64_t> mount_id,
                        DeviceId device);

// `mountinfo` is that of the mount namespace in which `path` is looked up. The error is a sentence
// that goes on after the option: "/x: No such file or directory".
Result<std::unique_ptr<Volume>> find_volume(const std::string& path, std::string_view mountinfo);

// The only symlink in a directory that leads to a directory inside of it; `..data` before all
// others.
std::optional<std::string> find_generation_link(int root, const std::string& root_path);

}  // namespace reloadtrace::node
