// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/filter_bits.h"

#include <atomic>
#include <vector>

#include "bpf/filter.h"

namespace reloadtrace {
namespace {

void set(FilterBits bits, std::uint32_t slot) {
  std::atomic_ref(bits[slot / 64]).fetch_or(FilterWord{1} << (slot % 64));
}

}  // namespace

void set_device(FilterBits bits, DeviceId dev) {
  set(bits, reloadtrace_device_slot(dev));
}

void set_inode(FilterBits bits, InodeId inode) {
  set(bits, reloadtrace_inode_slot(inode.dev, inode.ino));
}

void set_id(FilterBits bits, std::uint64_t id) {
  set(bits, reloadtrace_id_slot(id));
}

void set_name(FilterBits bits, std::string_view name) {
  std::uint32_t hash = RELOADTRACE_NAME_HASH_START;
  for (const char c : name) {
    hash = reloadtrace_name_hash(hash, static_cast<std::uint8_t>(c));
  }
  set(bits, reloadtrace_name_slot(hash));
}

void replace(FilterBits bits, std::span<const FilterWord> wanted) {
  for (std::size_t i = 0; i < bits.size() && i < wanted.size(); ++i) {
    std::atomic_ref(bits[i]).store(wanted[i]);
  }
}

void VolumeFilter::add(VolumeId volume) {
  volumes_.insert(volume);
  set_inode(roots_, volume);
  set_device(devices_, volume.dev);
  publish_count();
}

// A bit may stand for several volumes, so it cannot just be cleared with one of them.
void VolumeFilter::remove(VolumeId volume) {
  volumes_.erase(volume);
  std::vector<FilterWord> roots(roots_.size());
  std::vector<FilterWord> devices(devices_.size());
  for (const VolumeId& one : volumes_) {
    set_inode(roots, one);
    set_device(devices, one.dev);
  }
  replace(roots_, roots);
  replace(devices_, devices);
  publish_count();
}

void VolumeFilter::publish_count() {
  std::atomic_ref(count_).store(static_cast<std::uint32_t>(volumes_.size()));
}

}  // namespace reloadtrace
