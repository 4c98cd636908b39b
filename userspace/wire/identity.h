// SPDX-License-Identifier: Apache-2.0
// How volumes, files and generations are told apart: by device and inode, never by a path.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace reloadtrace {

// A device number as the kernel keeps it (include/linux/kdev_t.h): major << 20 | minor. Userspace's
// dev_t has another layout: see node's device_of().
using DeviceId = std::uint32_t;

struct InodeId {
  DeviceId dev = 0;
  std::uint64_t ino = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): as in Timestamp
  auto operator<=>(const InodeId&) const = default;
  explicit operator bool() const { return ino != 0; }
};

// The root directory of a volume.
using VolumeId = InodeId;

// What a descriptor, a mapping or a watch refers to. bpf/events.h, struct reloadtrace_file.
struct FileRef {
  DeviceId dev = 0;
  std::uint64_t volume_ino = 0;
  std::uint64_t generation_ino = 0;
  std::uint64_t ino = 0;
  std::uint64_t size = 0;
  std::uint16_t mode = 0;
  bool writer_present = false;
  bool unlinked = false;
  bool writable = false;

  VolumeId volume() const { return {dev, volume_ino}; }
  InodeId generation() const { return {dev, generation_ino}; }
  InodeId inode() const { return {dev, ino}; }
};

}  // namespace reloadtrace

template <>
struct std::hash<reloadtrace::InodeId> {
  std::size_t operator()(const reloadtrace::InodeId& id) const noexcept {
    // Inodes of one volume are neighbours: spread them (the constant is 2^64 / golden ratio).
    return static_cast<std::size_t>((id.ino ^ (std::uint64_t{id.dev} << 40U)) *
                                    0x9E3779B97F4A7C15ULL);
  }
};
