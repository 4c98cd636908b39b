// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/mount_table.h"

#include <algorithm>
#include <utility>

#include "userspace/node/files.h"

namespace reloadtrace::node {

namespace {

MountedAt place_in(const Mount& mount, const std::string& path) {
  return {mount.device, normalize(join(mount.root, *below(path, mount.point)))};
}

}  // namespace

MountTable::MountTable(std::string_view mountinfo) {
  for_each_mount(
      mountinfo, [](DeviceId) { return true; },
      [&](Mount mount) {
        const std::uint64_t id = mount.id;
        const Mount& kept = by_id_.insert_or_assign(id, std::move(mount)).first->second;
        by_point_[kept.point].push_back(&kept);
      });
}

MountedAt MountTable::find(const std::string& path,
                           std::optional<std::uint64_t> mount_id,
                           DeviceId device) const {
  if (const auto exact = mount_id ? by_id_.find(*mount_id) : by_id_.end();
      exact != by_id_.end() && below(path, exact->second.point)) {
    return place_in(exact->second, path);
  }
  for (std::string_view point = path; !point.empty(); point = directory_name(point)) {
    const auto here = by_point_.find(std::string(point));
    const auto mounts = here == by_point_.end() ? Mounts{} : here->second;
    const auto mount = std::find_if(mounts.rbegin(), mounts.rend(),
                                    [&](const Mount* m) { return m->device == device; });
    if (mount != mounts.rend()) {
      return place_in(**mount, path);
    }
    if (point == "/") {
      break;
    }
  }
  return {device, ""};
}

}  // namespace reloadtrace::node
