// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/publish_resolver.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"
#include "userspace/node/inventory.h"
#include "userspace/node/volume_finder.h"

namespace reloadtrace::node {

namespace {

constexpr auto kByPath = [](const FileFact& a, const FileFact& b) { return a.path < b.path; };

std::vector<FileFact>::iterator find_file(std::vector<FileFact>& files, std::string_view path) {
  const auto found = std::lower_bound(
      files.begin(), files.end(), path,
      [](const FileFact& file, std::string_view sought) { return file.path < sought; });
  return found != files.end() && found->path == path ? found : files.end();
}

bool all_known(const std::vector<FileFact>& files) {
  return std::none_of(files.begin(), files.end(),
                      [](const FileFact& file) { return file.content == 0; });
}

// Those of `before` that `files` lacks, with contents that are not known.
void add_missing(std::vector<FileFact>& files, const std::vector<FileFact>& before) {
  for (const FileFact& file : before) {
    if (find_file(files, file.path) == files.end()) {
      files.insert(std::upper_bound(files.begin(), files.end(), file, kByPath),
                   FileFact{file.path, 0, 0, 0});
    }
  }
}

// Reads `path` again, and every other name of the same inodes; takes out what has gone.
void reread(std::vector<FileFact>& files,
            int directory,
            const std::string& path,
            ContentIds& contents) {
  std::vector<std::string> names{path};
  if (const auto old = find_file(files, path); old != files.end()) {
    for (const FileFact& file : files) {
      if (file.ino == old->ino && file.path != path) {
        names.push_back(file.path);
      }
    }
  }
  for (const std::string& name : names) {
    auto fact = read_file_fact(directory, name, contents);
    const auto old = find_file(files, name);
    if (fact && old != files.end()) {
      *old = std::move(*fact);
    } else if (fact) {
      files.insert(std::upper_bound(files.begin(), files.end(), *fact, kByPath), std::move(*fact));
    } else if (old != files.end()) {
      files.erase(old);
    }
  }
}

// The file, or a directory above it, waits to be renamed into place.
bool is_in_preparation(std::string_view path) {
  return is_set_aside(directory_name(path)) || is_temporary_name(base_name(path));
}

PublishFact publish_by(const Origin& origin, const Volume& volume, PublishStyle style) {
  PublishFact fact;
  fact.at = origin.at;
  fact.volume = volume.id();
  fact.style = style;
  fact.from = volume.current().name;
  fact.writer_tgid = origin.tgid;
  fact.writer_comm = origin.comm;
  return fact;
}

}  // namespace

bool is_temporary_name(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return name.starts_with('.') || name.starts_with('#') || name.ends_with('~') ||
         name.find(".tmp") != std::string_view::npos || name.ends_with(".swp") ||
         name.ends_with(".swx") || name.ends_with(".part") ||
         std::all_of(name.begin(), name.end(), is_digit);
}

void PublishResolver::renamed(const RenameEvent& event,
                              const Container* container,
                              const Emit& emit) {
  if (const auto found = locate(event, container)) {
    // Nobody but kubelet has paths like those of its volumes.
    if (resolve(event, *found, emit) || found->certain || found->location.volume->of_pod()) {
      return;
    }
  }
  // The path says nothing, was cut, or leads to another directory of the same name: ask every
  // volume that has something of this name whether it changed.
  const std::string name(base_name(event.new_path));
  const auto may_be = [&](std::string_view path) {
    return event.truncated || base_name(path) == name;
  };
  for (const auto& volume : volumes_) {
    if (!volume->plain()) {
      if (may_be(volume->site().link) && swapped(event, *volume, false, emit)) {
        return;
      }
      continue;
    }
    const UniqueFd root = volume->open_root();
    if (!root) {
      continue;
    }
    for (const FileFact& file : volume->current().files) {
      const auto now =
          may_be(file.path) ? quick_stat(root.get(), file.path) : std::optional<struct stat>();
      if (now && now->st_ino != file.ino &&
          replaced(event, *volume, std::string(file.path), emit)) {
        return;
      }
    }
  }
}

std::optional<PublishResolver::Found> PublishResolver::locate(const RenameEvent& event,
                                                              const Container* container) const {
  if (event.base_volume) {
    Volume* const volume = volumes_.find(event.base_volume);
    const KnownInode* const base = volume != nullptr ? volume->find(event.base.ino) : nullptr;
    if (base == nullptr) {
      return std::nullopt;
    }
    return Found{{volume, normalize(join(base->path, event.new_path))}, true};
  }
  const std::uint32_t tgid = event.origin.tgid;
  const auto path = locator_.absolute(tgid, AT_FDCWD, event.new_path);
  if (!path) {
    return std::nullopt;
  }
  if (auto location = locator_.by_text(container, *path)) {
    return Found{std::move(*location), false};
  }
  if (auto location = locator_.by_identity(tgid, *path)) {
    return Found{std::move(*location), true};
  }
  auto location = locator_.by_text(nullptr, *path);
  return location ? std::optional<Found>(Found{std::move(*location), false}) : std::nullopt;
}

bool PublishResolver::resolve(const RenameEvent& event, const Found& found, const Emit& emit) {
  Volume& volume = *found.location.volume;
  const std::string& path = found.location.below_root;
  if (!volume.plain() && path == volume.site().link) {
    return swapped(event, volume, found.certain, emit);
  }
  if (!volume.plain()) {
    // A file renamed onto one of the current generation; anything else in the root is preparation.
    const PlaceInVolume place = volume.place(path);
    return place.generation == volume.current().name && !place.path.empty() &&
           replaced(event, volume, place.path, emit);
  }
  if (path.empty() || (path.starts_with("..") && path != "..data")) {
    return false;
  }
  const UniqueFd root = volume.open_root();
  const auto itself =
      root ? quick_stat(root.get(), path, AT_SYMLINK_NOFOLLOW) : std::optional<struct stat>();
  if (!itself) {
    return false;
  }
  if (S_ISLNK(itself->st_mode) &&
      find_generation_link(root.get(), volume.site().host_path) == path) {
    appeared(volume, path, event, emit);
    return true;
  }
  const bool whole = S_ISDIR(itself->st_mode);
  if (whole && is_set_aside(path)) {
    return true;  // what it is prepared for, or made room for, is yet to come
  }
  return whole ? rescanned(event, volume, root.get(), emit) : replaced(event, volume, path, emit);
}

bool PublishResolver::swapped(const RenameEvent& event,
                              Volume& volume,
                              bool certain,
                              const Emit& emit) {
  const UniqueFd root = volume.open_root();
  if (!root) {
    return false;
  }
  const auto now = volume.read_target(root.get());
  const auto prepared = memory_.target_of(event.origin.tid, event.old_path);
  auto target = prepared ? target_inside(*prepared, volume.site().host_path) : now;
  if (!target || *target == volume.directory()) {
    target = now;  // what was prepared is an older story
  }
  if (!target || *target == volume.directory()) {
    return false;
  }
  if (!certain) {
    // By text alone it may be another directory of that name: then this link is as it was, or leads
    // elsewhere, and nobody has made such a generation here.
    const bool changed = now && *now != volume.directory();
    const bool made_here = open_beneath(root.get(), *target, O_PATH | O_DIRECTORY) ||
                           memory_.written_into(volume.id(), *target).directory != 0;
    if (!changed || !made_here) {
      return false;
    }
  }
  become(publish_by(event.origin, volume, PublishStyle::LinkSwap), volume, root.get(), *target,
         emit);
  return true;
}

void PublishResolver::become(
    PublishFact fact, Volume& volume, int root, const std::string& directory, const Emit& emit) {
  unannounced_.erase(volume.id());
  const std::vector<FileFact> before = volume.current().files;
  auto reading = volume.read_generation(root, directory, contents_);
  if (reading && volume.read_target(root) != directory) {
    // The next one is visible already, and this one being deleted: what is not there any more was
    // there, as far as anybody knows.
    add_missing(reading->generation.files, before);
    reading->inventory.complete = false;
  }
  const bool readable = reading && reading->inventory.complete;
  PublisherMemory::Written written;
  if (!reading) {
    // Already deleted: all that is left is what was seen while it was written.
    written = memory_.written_into(volume.id(), directory);
    reading.emplace();
    reading->generation.name = directory;
    reading->generation.directory = {volume.id().dev, written.directory};
    reading->generation.files = std::move(written.files);
  }
  const std::vector<FileFact> after = reading->generation.files;
  fact.contents_known = readable && all_known(before) && all_known(after);
  fact.changed = changes_between(before, after);
  if (!readable) {
    for (FileChange& change : fact.changed) {
      change.kind = ChangeKind::Modified;
    }
  }
  volume.become(directory, std::move(*reading));
  publish(std::move(fact), volume, emit);
}

void PublishResolver::publish(PublishFact fact, Volume& volume, const Emit& emit) {
  fact.to = volume.current();
  fact.diffs = texts_.turn(volume, fact.changed);
  scope_.contents(volume);
  emit(fact);
}

bool PublishResolver::replaced(const RenameEvent& event,
                               Volume& volume,
                               const std::string& path,
                               const Emit& emit) {
  const UniqueFd root = volume.open_root();
  const UniqueFd top =
      root ? open_beneath(root.get(), volume.directory(), O_PATH | O_DIRECTORY) : UniqueFd();
  const auto status =
      top ? quick_stat(top.get(), path, AT_SYMLINK_NOFOLLOW) : std::optional<struct stat>();
  if (!status) {
    return false;
  }
  std::vector<FileFact> before = volume.current().files;
  std::vector<FileFact> after = before;
  const auto old = find_file(after, path);
  if (old == after.end() && is_in_preparation(path)) {
    return true;  // an editor's backup; what it made room for is yet to come
  }
  const bool is_link = S_ISLNK(status->st_mode);
  if (!is_link && old != after.end() && old->ino == status->st_ino) {
    return false;  // the file is as it was when last looked at
  }
  reread(after, top.get(), path, contents_);
  // The name that it had before, when that was in the same directory.
  if (directory_name(event.old_path) == directory_name(event.new_path)) {
    const std::string moved = join(directory_name(path), base_name(event.old_path));
    if (find_file(after, moved) != after.end()) {
      reread(after, top.get(), moved, contents_);
    }
  }
  PublishFact fact =
      publish_by(event.origin, volume, is_link ? PublishStyle::LinkSwap : PublishStyle::FileRename);
  fact.changed = changes_between(before, after);
  const auto renamed_to = find_file(after, path);
  fact.contents_known = renamed_to != after.end() && renamed_to->content != 0;
  volume.revise(std::move(after));
  publish(std::move(fact), volume, emit);
  return true;
}

bool PublishResolver::rescanned(const RenameEvent& event,
                                Volume& volume,
                                int root,
                                const Emit& emit) {
  const std::vector<FileFact> before = volume.current().files;
  auto reading = volume.read_generation(root, "", contents_);
  if (!reading) {
    return false;
  }
  PublishFact fact = publish_by(event.origin, volume, PublishStyle::FileRename);
  fact.changed = changes_between(before, reading->generation.files);
  fact.contents_known = reading->inventory.complete && all_known(before);
  if (fact.changed.empty()) {
    return false;
  }
  volume.become("", std::move(*reading));
  publish(std::move(fact), volume, emit);
  return true;
}

void PublishResolver::appeared(Volume& volume,
                               const std::string& link,
                               const RenameEvent& event,
                               const Emit& emit) {
  volume.adopt_link(link);
  VolumeFact learned = volume.fact(event.origin.at);
  emit(learned);
  // What was prepared tells the first of two quick swaps; if nothing was, the link itself does.
  swapped(event, volume, true, emit);
}

void PublishResolver::written(const WriteClosedEvent& event, const Emit& emit) {
  Volume* const volume = volumes_.find(event.file.volume());
  if (volume == nullptr) {
    return;
  }
  std::string path = event.path;
  if (volume->plain()) {
    if (path.empty() || path.starts_with("..")) {
      return;
    }
  } else {
    const auto inside = below(path, volume->directory());
    if (volume->directory().empty() || !inside || inside->empty()) {
      return;  // a generation that nobody can see yet
    }
    path = std::string(*inside);
  }
  std::vector<FileFact> after = volume->current().files;
  if (find_file(after, path) == after.end() && is_in_preparation(path)) {
    return;
  }
  const UniqueFd root = volume->open_root();
  const UniqueFd top =
      root ? open_beneath(root.get(), volume->directory(), O_PATH | O_DIRECTORY) : UniqueFd();
  const auto status =
      top ? quick_stat(top.get(), path, AT_SYMLINK_NOFOLLOW) : std::optional<struct stat>();
  if (!status || status->st_ino != event.file.ino) {
    return;  // renamed or removed meanwhile: what that made visible has an event of its own
  }
  reread(after, top.get(), path, contents_);
  PublishFact fact = publish_by(event.origin, *volume, PublishStyle::InPlace);
  fact.changed = changes_between(volume->current().files, after);
  const auto file = find_file(after, path);
  fact.contents_known = file != after.end() && file->content != 0;
  volume->revise(std::move(after));
  publish(std::move(fact), *volume, emit);
}

void PublishResolver::look_for_missed(Volume& volume, int root, Timestamp now, const Emit& emit) {
  const auto target = volume.plain() ? std::nullopt : volume.read_target(root);
  if (!target || *target == volume.directory()) {
    unannounced_.erase(volume.id());
    return;
  }
  std::string& seen = unannounced_[volume.id()];
  if (seen != *target) {
    seen = *target;
    return;
  }
  PublishFact fact;
  fact.at = now;
  fact.volume = volume.id();
  fact.style = PublishStyle::LinkSwap;
  fact.from = volume.current().name;
  become(std::move(fact), volume, root, *target, emit);
}

}  // namespace reloadtrace::node
