// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/volume_set.h"

#include <algorithm>
#include <utility>

#include "userspace/node/files.h"

namespace reloadtrace::node {

Volume* VolumeSet::find(VolumeId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const std::vector<Volume*>& VolumeSet::on_stat_device(dev_t device) const {
  static const std::vector<Volume*> none;
  const auto found = by_stat_device_.find(device);
  return found == by_stat_device_.end() ? none : found->second;
}

VolumeSet::Held VolumeSet::innermost(const ByPath& paths, std::string_view path) {
  std::string prefix(path);
  while (true) {
    if (const auto found = paths.find(prefix); found != paths.end()) {
      return {found->second, *below(path, prefix)};
    }
    if (prefix.empty() || prefix == "/") {
      return {};
    }
    const std::size_t slash = prefix.rfind('/');
    // "/a" lies in "/", "a" in the directory that has no name.
    prefix.resize(slash == std::string::npos ? 0 : std::max<std::size_t>(slash, 1));
  }
}

VolumeSet::Held VolumeSet::holding(std::string_view host_path) const {
  return innermost(by_path_, host_path);
}

VolumeSet::Held VolumeSet::holding(DeviceId device, std::string_view fs_path) const {
  const auto found = by_device_.find(device);
  return found == by_device_.end() ? Held{} : innermost(found->second.by_path, fs_path);
}

Volume& VolumeSet::add(std::unique_ptr<Volume> owned) {
  Volume& volume = *volumes_.emplace_back(std::move(owned));
  by_id_[volume.id()] = &volume;
  OfDevice& neighbours = by_device_[volume.id().dev];
  ++neighbours.count;
  if (!volume.fs_path().empty()) {
    neighbours.by_path[volume.fs_path()] = &volume;
  }
  by_stat_device_[volume.stat_device()].push_back(&volume);
  by_path_[volume.site().host_path] = &volume;
  for (const std::string& alias : volume.site().aliases) {
    by_path_[alias] = &volume;
  }
  if (!volume.of_pod()) {
    directories_.push_back(&volume);
  }
  return volume;
}

void VolumeSet::add_alias(Volume& volume, const std::string& path) {
  volume.add_alias(path);
  by_path_.try_emplace(path, &volume);
}

void VolumeSet::remove(VolumeId id) {
  Volume* const volume = find(id);
  if (volume == nullptr) {
    return;
  }
  const auto is_it = [&](const auto& entry) { return entry.second == volume; };
  by_id_.erase(id);
  std::erase_if(by_path_, is_it);
  OfDevice& neighbours = by_device_[id.dev];
  std::erase_if(neighbours.by_path, is_it);
  if (--neighbours.count == 0) {
    by_device_.erase(id.dev);
  }
  const auto on_device = by_stat_device_.find(volume->stat_device());
  std::erase(on_device->second, volume);
  if (on_device->second.empty()) {
    by_stat_device_.erase(on_device);
  }
  std::erase(directories_, volume);
  std::erase_if(volumes_, [&](const auto& owned) { return owned.get() == volume; });
}

}  // namespace reloadtrace::node
