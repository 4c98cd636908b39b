// SPDX-License-Identifier: Apache-2.0
// Which place of which volume a path leads to, in the eyes of the process that used it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/node/proc_fs.h"
#include "userspace/node/reader_table.h"
#include "userspace/node/volume_set.h"

namespace reloadtrace::node {

struct Location {
  Volume* volume = nullptr;
  std::string below_root;
};

class PathLocator {
 public:
  PathLocator(const ProcFs& proc, const VolumeSet& volumes) : proc_(proc), volumes_(volumes) {}

  // Where a path as a process passed it leads: by text, else by identity, else, when what it starts
  // at cannot be known, to the only file of that name.
  std::optional<Location> find(const Container* container,
                               std::uint32_t tgid,
                               int dfd,
                               std::string_view path) const;

  // By text alone: against the mounts of the container, or, for null, the paths on the host. Also
  // for paths that the kernel printed (links of descriptors, mappings).
  std::optional<Location> by_text(const Container* container, std::string_view absolute) const;

  // By the inode of the directory that the path's last component lies in, while the process lives.
  std::optional<Location> by_identity(std::uint32_t tgid, const std::string& absolute) const;

  // Makes a path absolute with the working directory (AT_FDCWD) or the directory descriptor of the
  // process; nothing when that cannot be known any more.
  std::optional<std::string> absolute(std::uint32_t tgid, int dfd, std::string_view path) const;

 private:
  std::optional<Location> by_base_name(const Container* container, std::string_view path) const;

  const ProcFs& proc_;
  const VolumeSet& volumes_;
};

}  // namespace reloadtrace::node
