// SPDX-License-Identifier: Apache-2.0
// A node on paper: a copy of tests/proc_root in a directory of its own, with the words in it
// replaced (see the README there), a scope that remembers what it was told, and the facts that come
// out.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "userspace/node/files.h"
#include "userspace/node/node.h"

namespace reloadtrace {

class FakeScope final : public Scope {
 public:
  Result<> track_volume(VolumeId volume) override { return volumes.insert(volume), Unit{}; }
  Result<> forget_volume(VolumeId volume) override { return volumes.erase(volume), Unit{}; }
  Result<> scope_cgroup(std::uint64_t id, CgroupScope scope) override {
    (scope == CgroupScope::Tracked ? tracked : ignored).insert(id);
    (scope == CgroupScope::Tracked ? ignored : tracked).erase(id);
    return Unit{};
  }
  Result<> forget_cgroup(std::uint64_t id) override {
    return tracked.erase(id), ignored.erase(id), Unit{};
  }
  Result<> track_process(std::uint32_t tgid) override { return processes.insert(tgid), Unit{}; }
  Result<> add_file_name(std::string_view name) override { return files.emplace(name), Unit{}; }
  Result<> add_directory_name(std::string_view name) override {
    return directories.emplace(name), Unit{};
  }
  Result<> adopt_watchers() override { return Unit{}; }
  Result<> announce_volumes() override { return announcing = true, Unit{}; }

  std::set<VolumeId> volumes;
  std::set<std::uint64_t> tracked;
  std::set<std::uint64_t> ignored;
  std::set<std::uint32_t> processes;
  std::set<std::string> files;
  std::set<std::string> directories;
  bool announcing = false;
};

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void write_file(const std::string& path, const std::string& text);
struct stat stat_of(const std::string& path);

class FakeNode {
 public:
  // The volumes are given by their paths in the tree: {"volumes/cfg"}; those of `kubelet`, a path
  // in the tree as well, are found there.
  explicit FakeNode(const std::vector<std::string>& volumes,
                    bool real_proc = false,
                    const std::string& kubelet = "",
                    const std::vector<std::string>& version_keys = {},
                    config::DiffOptions diff = {});

  std::string path(const std::string& in_tree) const { return tree_.path() + "/" + in_tree; }
  InodeId inode(const std::string& in_tree) const;
  std::uint64_t cgroup(const std::string& in_tree) const;

  Result<> discover_volumes();
  void discover();  // volumes, then readers
  void observe(const Event& event);

  // What AtomicWriter does, with the events that the kernel side reports of it; the old directory
  // goes at once. Events are returned, not observed: the caller decides when they arrive.
  std::vector<Event> atomic_swap(const std::string& volume,
                                 const std::string& generation,
                                 const std::vector<std::pair<std::string, std::string>>& files);

  template <class Fact>
  std::vector<Fact> all() const {
    std::vector<Fact> found;
    for (const Event& fact : facts) {
      if (const auto* const wanted = std::get_if<Fact>(&fact)) {
        found.push_back(*wanted);
      }
    }
    return found;
  }
  const ContainerFact* container(const std::string& id_prefix) const;
  const ProcessFact* process(std::uint32_t tgid) const;  // the latest

  FakeScope scope;
  std::vector<Event> facts;
  std::vector<std::string> warnings;
  std::unique_ptr<Node> node;
  std::uint64_t now = 1'000'000'000;

 private:
  TemporaryDirectory tree_;
};

Origin origin_of_writer(std::uint64_t at);

inline void observe_all(FakeNode& node, const std::vector<Event>& events) {
  for (const Event& event : events) {
    node.observe(event);
  }
}

// A file of the tree, written in place by somebody who has closed it.
inline WriteClosedEvent closed(const FakeNode& node,
                               const std::string& volume,
                               const std::string& path) {
  WriteClosedEvent event{origin_of_writer(6'000'000'000), {}, path};
  event.file.dev = node.inode(volume).dev;
  event.file.volume_ino = node.inode(volume).ino;
  event.file.ino = node.inode(volume + "/" + path).ino;
  return event;
}

}  // namespace reloadtrace
