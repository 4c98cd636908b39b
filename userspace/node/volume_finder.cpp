// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/volume_finder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"
#include "userspace/node/inventory.h"

namespace reloadtrace::node {

namespace {

constexpr const char* kAtomicWriterLink = "..data";

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr),
                                                          ::free);
  return resolved ? std::optional<std::string>(resolved.get()) : std::nullopt;
}

bool is_directory_inside(int root, const std::string& path) {
  return static_cast<bool>(open_beneath(root, path, O_PATH | O_DIRECTORY));
}

bool leads_to_directory(int root, const std::string& root_path, const std::string& link) {
  const auto target = read_link(root, link);
  const auto inside = target ? target_inside(*target, root_path) : std::nullopt;
  return inside && is_directory_inside(root, *inside);
}

UniqueFd open_directory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::optional<std::uint64_t> mount_id_of(int fd) {
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) != 0 ||
      (status.stx_mask & STATX_MNT_ID) == 0) {
    return std::nullopt;
  }
  return status.stx_mnt_id;
}

// The directory that is meant by `path`, and the link in it.
Result<VolumeSite> find_site(const std::string& path) {
  const auto resolved = real_path(path);
  const UniqueFd directory = resolved ? open_directory(*resolved) : UniqueFd();
  if (!directory) {
    if (resolved && errno == ENOTDIR) {
      return Error{std::make_error_code(std::errc::not_a_directory),
                   path + ": is a file, not a directory"};
    }
    return system_error(errno, path);
  }
  VolumeSite site;
  site.host_path = *resolved;
  if (leads_to_directory(directory.get(), *resolved, kAtomicWriterLink)) {
    site.link = kAtomicWriterLink;
  } else if (const std::string text = normalize(path); read_link(AT_FDCWD, text)) {
    // git-sync: the path is itself the link, and what it leads to changes. The volume is the
    // directory that holds both.
    const std::string above(node::directory_name(text));
    const auto holder = real_path(above.empty() ? "." : above);
    const std::string link(base_name(text));
    const UniqueFd root = holder ? open_directory(*holder) : UniqueFd();
    if (root && leads_to_directory(root.get(), *holder, link)) {
      site.host_path = *holder;
      site.link = link;
      if (above != site.host_path && !above.empty()) {
        site.aliases.push_back(above);
      }
      return site;
    }
  }
  if (site.link.empty()) {
    site.link = find_generation_link(directory.get(), *resolved).value_or("");
  }
  if (normalize(path) != site.host_path) {
    site.aliases.push_back(normalize(path));
  }
  return site;
}

Result<std::unique_ptr<Volume>> make_volume(VolumeSite site,
                                            const std::string& path,
                                            const MountTable& mounts) {
  const UniqueFd root = open_directory(site.host_path);
  struct stat status {};
  if (!root || ::fstat(root.get(), &status) != 0) {
    return system_error(errno, path);
  }
  const MountedAt mounted =
      mounts.find(site.host_path, mount_id_of(root.get()), device_of(status.st_dev));
  return std::make_unique<Volume>(std::move(site), VolumeId{mounted.device, status.st_ino},
                                  status.st_dev, mounted.fs_path);
}

}  // namespace

std::optional<std::string> find_generation_link(int root, const std::string& root_path) {
  if (leads_to_directory(root, root_path, kAtomicWriterLink)) {
    return kAtomicWriterLink;
  }
  std::optional<std::string> only;
  for (const NamedInode& link : list_links(root)) {
    if (!leads_to_directory(root, root_path, link.path)) {
      continue;
    }
    if (only) {
      return std::nullopt;
    }
    only = link.path;
  }
  return only;
}

Result<std::unique_ptr<Volume>> find_volume(const std::string& path, const MountTable& mounts) {
  auto site = find_site(path);
  if (!site) {
    return std::move(site).error();
  }
  site->name = std::string(base_name(site->host_path));
  return make_volume(std::move(*site), path, mounts);
}

Result<std::unique_ptr<Volume>> find_volume(const KubeletVolume& place, const MountTable& mounts) {
  const auto resolved = real_path(place.path);
  const UniqueFd directory = resolved ? open_directory(*resolved) : UniqueFd();
  if (!directory) {
    return system_error(errno, place.path);
  }
  VolumeSite site;
  site.host_path = *resolved;
  site.kind = place.kind;
  site.name = place.name;
  site.pod_uid = place.pod_uid;
  if (leads_to_directory(directory.get(), *resolved, kAtomicWriterLink)) {
    site.link = kAtomicWriterLink;
  }
  if (place.path != site.host_path) {
    site.aliases.push_back(place.path);
  }
  return make_volume(std::move(site), place.path, mounts);
}

}  // namespace reloadtrace::node
