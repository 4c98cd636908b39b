// SPDX-License-Identifier: Apache-2.0
// The volumes that are tracked now, found by whatever an event or a table knows of them: identity,
// device, path on the host, place in their file system.
//
// A node has thousands of them; every question is a hash look-up. Each answer holds until the
// volume is removed.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/node/volume.h"

namespace reloadtrace::node {

class VolumeSet {
 public:
  using Volumes = std::vector<std::unique_ptr<Volume>>;

  Volumes::const_iterator begin() const { return volumes_.begin(); }
  Volumes::const_iterator end() const { return volumes_.end(); }
  bool empty() const { return volumes_.empty(); }
  std::size_t size() const { return volumes_.size(); }
  Volume& at(std::size_t index) const { return *volumes_[index]; }

  Volume* find(VolumeId id) const;

  bool on_device(DeviceId device) const { return by_device_.contains(device); }
  // Those on a device as stat() names it.
  const std::vector<Volume*>& on_stat_device(dev_t device) const;

  // The innermost volume that a path of the host lies in, by its text alone; null if none. `rest` =
  // the path below its root.
  struct Held {
    Volume* volume = nullptr;
    std::string_view rest;
  };
  Held holding(std::string_view host_path) const;
  // The same for a path from the root of a file system, as in a mount table.
  Held holding(DeviceId device, std::string_view fs_path) const;

  // Those that somebody named with --path: kubelet's are of pods.
  const std::vector<Volume*>& directories() const { return directories_; }

  Volume& add(std::unique_ptr<Volume> owned);
  // Another text that leads to the volume's root.
  void add_alias(Volume& volume, const std::string& path);
  void remove(VolumeId id);

 private:
  using ByPath = std::unordered_map<std::string, Volume*>;
  struct OfDevice {
    std::size_t count = 0;
    ByPath by_path;  // from the root of the file system
  };

  static Held innermost(const ByPath& paths, std::string_view path);

  Volumes volumes_;
  std::unordered_map<VolumeId, Volume*> by_id_;
  std::unordered_map<DeviceId, OfDevice> by_device_;
  std::unordered_map<dev_t, std::vector<Volume*>> by_stat_device_;
  ByPath by_path_;  // on the host, aliases included
  std::vector<Volume*> directories_;
};

}  // namespace reloadtrace::node
