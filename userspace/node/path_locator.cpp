// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/path_locator.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"
#include "userspace/node/proc_maps.h"

namespace reloadtrace::node {

std::optional<Location> PathLocator::find(const Container* container,
                                          std::uint32_t tgid,
                                          int dfd,
                                          std::string_view path) const {
  const auto whole = absolute(tgid, dfd, path);
  if (!whole) {
    return by_base_name(container, path);
  }
  if (auto location = by_text(container, *whole)) {
    return location;
  }
  return by_identity(tgid, *whole);
}

std::optional<Location> PathLocator::by_base_name(const Container* container,
                                                  std::string_view path) const {
  const std::string_view name = base_name(path);
  std::optional<Location> only;
  for (Volume* const volume : volumes_in_sight(volumes_, container)) {
    for (const FileFact& file : volume->current().files) {
      if (base_name(file.path) != name) {
        continue;
      }
      if (only) {
        return std::nullopt;
      }
      only = Location{volume, join(volume->directory(), file.path)};
    }
  }
  return only;
}

std::optional<Location> PathLocator::by_text(const Container* container,
                                             std::string_view absolute) const {
  if (container == nullptr) {
    const auto [volume, rest] = volumes_.holding(absolute);
    return volume != nullptr ? std::optional(Location{volume, std::string(rest)}) : std::nullopt;
  }
  std::optional<Location> best;
  std::size_t longest = 0;
  for (const VolumeMount& mount : container->mounts) {
    Volume* const volume = volumes_.find(mount.fact.volume);
    const auto rest = below(absolute, mount.fact.path);
    if (volume != nullptr && rest && mount.fact.path.size() >= longest) {
      longest = mount.fact.path.size();
      best = Location{volume, join(mount.below_root, *rest)};
    }
  }
  return best;
}

std::optional<Location> PathLocator::by_identity(std::uint32_t tgid,
                                                 const std::string& absolute) const {
  const UniqueFd root(::open(proc_.path(tgid, "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    return std::nullopt;
  }
  const UniqueFd directory = open_in_root(root.get(), std::string(directory_name(absolute)));
  struct stat status {};
  if (!directory || ::fstat(directory.get(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return std::nullopt;
  }
  for (Volume* const volume : volumes_.on_stat_device(status.st_dev)) {
    if (const KnownInode* const known = volume->find(status.st_ino)) {
      return Location{volume, join(known->path, base_name(absolute))};
    }
  }
  return std::nullopt;
}

std::optional<std::string> PathLocator::absolute(std::uint32_t tgid,
                                                 int dfd,
                                                 std::string_view path) const {
  if (path.starts_with('/')) {
    return normalize(path);
  }
  auto base = proc_.link(tgid, dfd == AT_FDCWD ? "cwd" : "fd/" + std::to_string(dfd));
  if (!base || !base->starts_with('/')) {
    return std::nullopt;
  }
  take_deleted_mark(*base);
  return normalize(join(*base, path));
}

}  // namespace reloadtrace::node
