// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "userspace/node/files.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

constexpr std::size_t kMaxCgroups = 20'000;

// Breadth first, as long as `visit` returns true.
void walk(const std::string& base,
          const std::string& top,
          const std::function<bool(const std::string& path, std::uint64_t id)>& visit) {
  std::vector<std::string> paths{top};
  for (std::size_t next = 0; next < paths.size(); ++next) {
    const std::string path = paths[next];
    const std::string full = base + path;
    const auto status = quick_stat(AT_FDCWD, full, AT_SYMLINK_NOFOLLOW);
    if (!status || !S_ISDIR(status->st_mode)) {
      continue;
    }
    if (!visit(path, status->st_ino)) {
      return;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(full.c_str()), ::closedir);
    while (directory && paths.size() < kMaxCgroups) {
      const dirent* const entry = ::readdir(directory.get());
      if (entry == nullptr) {
        break;
      }
      const std::string name = entry->d_name;
      if (name != "." && name != ".." && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)) {
        paths.push_back(join(path, name));
      }
    }
  }
}

std::string base_of(const std::string& root, CgroupHierarchy hierarchy) {
  if (hierarchy == CgroupHierarchy::PidsV1) {
    return root + "/pids";
  }
  const bool hybrid = !quick_stat(AT_FDCWD, root + "/cgroup.controllers") &&
                      quick_stat(AT_FDCWD, root + "/unified");
  return hybrid ? root + "/unified" : root;
}

}  // namespace

CgroupTree::CgroupTree(const std::string& root, CgroupHierarchy hierarchy)
    : base_(base_of(root, hierarchy)), view_(hierarchy) {}

void CgroupTree::learn_namespace(std::uint32_t self, const std::string& shown) {
  walk(base_, "/", [&](const std::string& path, std::uint64_t) {
    const std::vector<std::uint32_t> processes = processes_of(path);
    if (std::find(processes.begin(), processes.end(), self) == processes.end()) {
      return true;
    }
    view_.root = path == "/" ? "" : path;
    if (shown != "/" && path.ends_with(shown)) {
      view_.root.resize(path.size() - shown.size());
    }
    return false;
  });
}

std::uint64_t CgroupTree::id_of(const std::string& path) const {
  const auto status = quick_stat(AT_FDCWD, base_ + path, AT_SYMLINK_NOFOLLOW);
  return status && S_ISDIR(status->st_mode) ? status->st_ino : 0;
}

std::vector<std::string> CgroupTree::with_nested(const std::string& path) const {
  std::vector<std::string> paths;
  walk(base_, path, [&](const std::string& found, std::uint64_t) {
    paths.push_back(found);
    return true;
  });
  return paths;
}

std::optional<std::string> CgroupTree::path_of(std::uint64_t id) const {
  std::optional<std::string> path;
  walk(base_, "/", [&](const std::string& found, std::uint64_t found_id) {
    if (found_id == id) {
      path = found;
    }
    return !path;
  });
  return path;
}

std::vector<std::uint32_t> CgroupTree::processes_of(const std::string& path) const {
  std::vector<std::uint32_t> tgids;
  const auto text = read_file(join(base_ + path, "cgroup.procs"));
  for (std::string_view rest = text ? *text : std::string_view(); !rest.empty();) {
    const auto tgid = parse_number(take_line(rest));
    if (tgid && *tgid > 0 && *tgid <= 0xFFFFFFFF) {
      tgids.push_back(static_cast<std::uint32_t>(*tgid));
    }
  }
  return tgids;
}

}  // namespace reloadtrace::node
