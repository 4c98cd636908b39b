// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

class Walk {
 public:
  Walk(dev_t device, bool plain, ContentIds& contents, const InventoryBounds& bounds)
      : device_(device), plain_(plain), contents_(contents), bounds_(bounds) {}

  void visit(int top, int directory, const std::string& prefix, int depth) {
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const Directory stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
    if (!stream) {
      UniqueFd(copy).reset();
      found.complete = false;
      return;
    }
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || (plain_ && depth == 0 && name.starts_with(".."))) {
        continue;
      }
      if (++seen_ > bounds_.entries) {
        found.complete = false;
        return;
      }
      visit_entry(top, copy, name, join(prefix, name), depth);
    }
  }

  Inventory found;

 private:
  void visit_entry(
      int top, int directory, const std::string& name, const std::string& path, int depth) {
    const auto status = quick_stat(directory, name, AT_SYMLINK_NOFOLLOW);
    if (!status) {
      return;
    }
    if (S_ISDIR(status->st_mode) && status->st_dev != device_) {
      return;  // mounted on: not of this volume. A file's device may differ on an overlay
    }
    if (S_ISDIR(status->st_mode) && plain_ && is_set_aside(name)) {
      return;
    }
    if (S_ISDIR(status->st_mode)) {
      found.directories.push_back({path, status->st_ino});
      if (depth + 1 >= bounds_.depth) {
        found.complete = false;
        return;
      }
      const UniqueFd child(
          ::openat(directory, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (child) {
        visit(top, child.get(), path, depth + 1);
      }
      return;
    }
    if (S_ISLNK(status->st_mode)) {
      found.links.push_back({path, status->st_ino});
    } else if (!S_ISREG(status->st_mode)) {
      return;
    }
    if (auto file = read_file_fact(top, path, contents_)) {
      found.complete = found.complete && file->content != 0;
      found.files.push_back(std::move(*file));
    }
  }

  dev_t device_;
  bool plain_;
  ContentIds& contents_;
  InventoryBounds bounds_;
  std::size_t seen_ = 0;
};

}  // namespace

bool is_set_aside(std::string_view path) {
  while (!path.empty()) {
    const std::string_view name = take_until(path, '/');
    if (name.ends_with(".new") || name.ends_with(".old") || name.ends_with(".tmp") ||
        name.ends_with(".part") || name.ends_with('~')) {
      return true;
    }
  }
  return false;
}

Inventory take_inventory(int directory,
                         bool plain,
                         ContentIds& contents,
                         const InventoryBounds& bounds) {
  struct stat top {};
  if (::fstat(directory, &top) != 0) {
    return {};
  }
  Walk walk(top.st_dev, plain, contents, bounds);
  walk.found.complete = true;
  walk.visit(directory, directory, "", 0);
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(walk.found.files.begin(), walk.found.files.end(), by_path);
  return std::move(walk.found);
}

std::vector<NamedInode> list_links(int directory, std::size_t limit) {
  std::vector<NamedInode> links;
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Directory stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  while (stream && limit-- > 0) {
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) {
      break;
    }
    const auto status = quick_stat(directory, entry->d_name, AT_SYMLINK_NOFOLLOW);
    if (status && S_ISLNK(status->st_mode)) {
      links.push_back({entry->d_name, status->st_ino});
    }
  }
  return links;
}

std::optional<FileFact> read_file_fact(int directory,
                                       const std::string& path,
                                       ContentIds& contents) {
  const UniqueFd place = open_beneath(directory, path, O_PATH);
  struct stat status {};
  if (!place || ::fstat(place.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  FileFact file{path, status.st_ino, static_cast<std::uint64_t>(status.st_size), 0};
  if (const UniqueFd fd = open_regular(place.get(), status)) {
    file.size = static_cast<std::uint64_t>(status.st_size);
    file.content = contents.of_file(fd.get(), status);
  }
  return file;
}

std::vector<FileChange> changes_between(const std::vector<FileFact>& before,
                                        const std::vector<FileFact>& after) {
  std::vector<FileChange> changes;
  auto old_file = before.begin();
  auto new_file = after.begin();
  while (old_file != before.end() || new_file != after.end()) {
    if (new_file == after.end() || (old_file != before.end() && old_file->path < new_file->path)) {
      changes.push_back({old_file->path, ChangeKind::Removed});
      ++old_file;
    } else if (old_file == before.end() || new_file->path < old_file->path) {
      changes.push_back({new_file->path, ChangeKind::Added});
      ++new_file;
    } else {
      if (old_file->content != new_file->content || new_file->content == 0) {
        changes.push_back({new_file->path, ChangeKind::Modified});
      }
      ++old_file;
      ++new_file;
    }
  }
  return changes;
}

}  // namespace reloadtrace::node
