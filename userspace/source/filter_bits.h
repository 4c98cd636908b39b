// SPDX-License-Identifier: Apache-2.0
// The bitmaps by which the kernel side tells at once that a file, or a name, is none of ours.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string_view>

#include "userspace/wire/identity.h"

namespace reloadtrace {

// A bitmap in memory that BPF programs read at the same time.
using FilterWord = unsigned long long;  // the kernel's __u64, as the skeleton has it
using FilterBits = std::span<FilterWord>;

void set_device(FilterBits bits, DeviceId dev);
void set_inode(FilterBits bits, InodeId inode);
void set_id(FilterBits bits, std::uint64_t id);  // of a process or a cgroup
void set_name(FilterBits bits, std::string_view name);

// Makes `bits` equal to `wanted` word by word. Bits that are in both are never clear meanwhile.
void replace(FilterBits bits, std::span<const FilterWord> wanted);

// The tracked volumes, as the kernel side sees them.
class VolumeFilter {
 public:
  // `count` is how many there are: while it is zero, the kernel side does nothing at all.
  VolumeFilter(FilterBits roots, FilterBits devices, std::uint32_t& count)
      : roots_(roots), devices_(devices), count_(count) {}

  void add(VolumeId volume);
  void remove(VolumeId volume);

 private:
  void publish_count();

  FilterBits roots_;
  FilterBits devices_;
  std::uint32_t& count_;
  std::set<VolumeId> volumes_;
};

}  // namespace reloadtrace
