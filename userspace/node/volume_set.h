// SPDX-License-Identifier: Apache-2.0
// The volumes that are tracked now.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "userspace/node/volume.h"

namespace reloadtrace::node {

class VolumeSet {
 public:
  using Volumes = std::vector<std::unique_ptr<Volume>>;

  Volumes::const_iterator begin() const { return volumes_.begin(); }
  Volumes::const_iterator end() const { return volumes_.end(); }
  bool empty() const { return volumes_.empty(); }

  Volume* find(VolumeId id) const {
    const auto found = std::find_if(volumes_.begin(), volumes_.end(),
                                    [&](const auto& volume) { return volume->id() == id; });
    return found == volumes_.end() ? nullptr : found->get();
  }

  bool on_device(DeviceId device) const {
    return std::any_of(volumes_.begin(), volumes_.end(),
                       [&](const auto& volume) { return volume->id().dev == device; });
  }

  Volume& add(std::unique_ptr<Volume> volume) { return *volumes_.emplace_back(std::move(volume)); }

  void remove(VolumeId id) {
    std::erase_if(volumes_, [&](const auto& volume) { return volume->id() == id; });
  }

 private:
  Volumes volumes_;
};

}  // namespace reloadtrace::node
