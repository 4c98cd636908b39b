// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/volume.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"

namespace reloadtrace::node {

namespace {

void sort_by_inode(std::vector<KnownInode>& inodes) {
  std::stable_sort(inodes.begin(), inodes.end(),
                   [](const auto& a, const auto& b) { return a.ino < b.ino; });
}

const KnownInode* find_in(const std::vector<KnownInode>& inodes, std::uint64_t ino) {
  const auto found = std::lower_bound(
      inodes.begin(), inodes.end(), ino,
      [](const KnownInode& known, std::uint64_t sought) { return known.ino < sought; });
  return found != inodes.end() && found->ino == ino ? &*found : nullptr;
}

}  // namespace

std::optional<std::string> target_inside(std::string_view target, const std::string& holder) {
  if (target.starts_with('/')) {
    const std::string absolute = normalize(target);
    const auto rest = below(absolute, holder);
    return rest && !rest->empty() ? std::optional<std::string>(*rest) : std::nullopt;
  }
  std::string relative = normalize(target);
  // Not starts_with(".."): that is how generations are named.
  if (relative.empty() || relative == ".." || relative.starts_with("../")) {
    return std::nullopt;
  }
  return relative;
}

Volume::Volume(VolumeSite site, VolumeId id, dev_t stat_device, std::string fs_path)
    : site_(std::move(site)), id_(id), stat_device_(stat_device), fs_path_(std::move(fs_path)) {
  current_.name = "#1";
}

bool Volume::open_to_all() const {
  const bool harmless = site_.kind == VolumeKind::ConfigMap ||
                        site_.kind == VolumeKind::DownwardApi ||
                        site_.kind == VolumeKind::Directory;
  constexpr std::string_view kMayHoldSecrets[] = {
      "/kubernetes.io~secret/", "/kubernetes.io~projected/", "/kubernetes.io~csi/"};
  return harmless && std::none_of(std::begin(kMayHoldSecrets), std::end(kMayHoldSecrets),
                                  [&](std::string_view part) {
                                    return (site_.host_path + "/").find(part) != std::string::npos;
                                  });
}

VolumeFact Volume::fact(Timestamp at) const {
  VolumeFact fact;
  fact.at = at;
  fact.id = id_;
  fact.kind = site_.kind;
  fact.name = site_.name;
  fact.host_path = site_.host_path;
  fact.pod_uid = site_.pod_uid;
  fact.atomic_links = !plain();
  fact.link = site_.link;
  fact.current = current_;
  fact.published = published_;
  return fact;
}

UniqueFd Volume::open_root() const {
  UniqueFd root(::open(site_.host_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (!root || ::fstat(root.get(), &status) != 0 || status.st_ino != id_.ino ||
      status.st_dev != stat_device_) {
    return UniqueFd();
  }
  return root;
}

std::optional<std::string> Volume::read_target(int root) const {
  const auto target = read_link(root, site_.link);
  return target ? target_inside(*target, site_.host_path) : std::nullopt;
}

Timestamp Volume::read_link_time(int root) const {
  const auto status = plain() ? std::nullopt : quick_stat(root, site_.link, AT_SYMLINK_NOFOLLOW);
  return status ? monotonic_of(status->st_mtim) : Timestamp{};
}

void Volume::read(ContentIds& contents) {
  const UniqueFd root = open_root();
  const auto target = plain() ? std::optional<std::string>("") : read_target(root.get());
  if (!root || !target) {
    return;
  }
  if (auto reading = read_generation(root.get(), *target, contents)) {
    become(*target, std::move(*reading));
    published_ = read_link_time(root.get());
  }
}

void Volume::adopt_link(std::string link) {
  site_.link = std::move(link);
}

void Volume::add_alias(std::string path) {
  if (path != site_.host_path &&
      std::find(site_.aliases.begin(), site_.aliases.end(), path) == site_.aliases.end()) {
    site_.aliases.push_back(std::move(path));
  }
}

std::optional<Volume::Reading> Volume::read_generation(int root,
                                                       const std::string& directory,
                                                       ContentIds& contents) const {
  const UniqueFd top = open_beneath(root, directory, O_PATH | O_DIRECTORY);
  struct stat status {};
  if (!top || ::fstat(top.get(), &status) != 0) {
    return std::nullopt;
  }
  Reading reading;
  reading.inventory = take_inventory(top.get(), directory.empty(), contents);
  reading.generation.files = reading.inventory.files;
  if (!directory.empty()) {
    reading.generation.name = directory;
    reading.generation.directory = {id_.dev, status.st_ino};
  }
  return reading;
}

void Volume::become(const std::string& directory, Reading reading) {
  if (directory.empty()) {
    reading.generation.name = been_read_ ? next_name() : "#1";
    revision_ += been_read_ ? 1U : 0U;
  } else {
    revision_ = 1;
  }
  been_read_ = true;
  directory_ = directory;
  current_ = std::move(reading.generation);
  const UniqueFd root = open_root();
  index(root.get(), reading.inventory);
  learn_version(root.get());
}

void Volume::revise(std::vector<FileFact> files) {
  current_.name = next_name();
  current_.files = std::move(files);
  ++revision_;
  index_files();
  learn_version(open_root().get());
}

std::string Volume::next_name() const {
  return plain() ? "#" + std::to_string(revision_ + 1)
                 : directory_ + "+" + std::to_string(revision_);
}

const KnownInode* Volume::find(std::uint64_t ino) const {
  const KnownInode* const place = find_in(places_, ino);
  return place != nullptr ? place : find_in(files_, ino);
}

void Volume::index(int root, const Inventory& inventory) {
  places_.clear();
  places_.push_back({id_.ino, TargetKind::Root, ""});
  if (!plain()) {
    places_.push_back({current_.directory.ino, TargetKind::Generation, directory_});
    if (root >= 0) {
      for (const NamedInode& link : list_links(root)) {
        places_.push_back({link.ino, TargetKind::Link, link.path});
      }
    }
  }
  for (const NamedInode& directory : inventory.directories) {
    places_.push_back({directory.ino, TargetKind::Generation, join(directory_, directory.path)});
  }
  for (const NamedInode& link : inventory.links) {
    places_.push_back({link.ino, TargetKind::Link, join(directory_, link.path)});
  }
  sort_by_inode(places_);
  index_files();
}

void Volume::index_files() {
  files_.clear();
  for (const FileFact& file : current_.files) {
    if (file.ino != 0) {
      files_.push_back({file.ino, TargetKind::File, join(directory_, file.path)});
    }
  }
  sort_by_inode(files_);
}

void Volume::learn_version(int root) {
  current_.config_version.clear();
  if (version_keys_ == nullptr || version_keys_->empty() || !open_to_all() || root < 0) {
    return;
  }
  const UniqueFd top = open_beneath(root, directory_, O_PATH | O_DIRECTORY);
  for (const config::VersionKey& key : *version_keys_) {
    const auto text =
        top ? read_file_beneath(top.get(), key.file(), config::kMaxVersionFileBytes) : std::nullopt;
    if (auto version = text ? key.find(*text) : std::nullopt) {
      current_.config_version = std::move(*version);
      return;
    }
  }
}

std::size_t Volume::generation_depth() const {
  return 1 + static_cast<std::size_t>(std::count(directory_.begin(), directory_.end(), '/'));
}

PlaceInVolume Volume::place(std::string_view below_root) const {
  if (plain()) {
    return {"", std::string(below_root)};
  }
  if (!directory_.empty()) {
    const auto rest = below(below_root, directory_);
    if (rest) {
      return {current_.name, std::string(*rest)};
    }
  }
  if (const auto rest = below(below_root, site_.link)) {
    return {current_.name, std::string(*rest)};
  }
  // An older generation: as many components as the current one has, and named alike.
  std::size_t end = std::string_view::npos;
  for (std::size_t i = generation_depth(), from = 0; i > 0; --i, from = end + 1) {
    end = below_root.find('/', from);
    if (end == std::string_view::npos && i > 1) {
      return {"", std::string(below_root)};
    }
  }
  const std::string_view name = below_root.substr(0, end);
  const bool alike = directory_.starts_with("..")
                         ? name.starts_with("..")
                         : node::directory_name(name) == node::directory_name(directory_);
  if (!alike) {
    return {"", std::string(below_root)};
  }
  const bool itself = end == std::string_view::npos;
  return {std::string(name), itself ? "" : std::string(below_root.substr(end + 1))};
}

}  // namespace reloadtrace::node
