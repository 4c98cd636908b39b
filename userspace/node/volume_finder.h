// SPDX-License-Identifier: Apache-2.0
// Makes a volume of a path that somebody gave: which directory is meant, behind which symlink its
// generations are, and under which device and path the mount table knows it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "userspace/base/result.h"
#include "userspace/node/kubelet_volumes.h"
#include "userspace/node/mount_table.h"
#include "userspace/node/volume.h"

namespace reloadtrace::node {

// `mounts` is that of the mount namespace in which `path` is looked up. The error is a sentence
// that goes on after the option: "/x: No such file or directory".
Result<std::unique_ptr<Volume>> find_volume(const std::string& path, const MountTable& mounts);

// The same for a volume of kubelet, whose path needs no interpretation.
Result<std::unique_ptr<Volume>> find_volume(const KubeletVolume& place, const MountTable& mounts);

// The only symlink in a directory that leads to a directory inside of it; `..data` before all
// others.
std::optional<std::string> find_generation_link(int root, const std::string& root_path);

}  // namespace reloadtrace::node
