// SPDX-License-Identifier: Apache-2.0
// The readers of many nodes, as their lines tell of them.
//
// Its size grows with readers, volumes and nodes, never with lines. Lines may come in any order:
// of each reader what was published last counts.
//
// A volume is the same on all nodes when its kind, its namespace and its name in the pod's spec
// are; a directory, when its path is. Whose pod it is does not matter: many mount one ConfigMap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/compare/comparison.h"
#include "userspace/lines/line.h"
#include "userspace/lines/names.h"

namespace reloadtrace {

class Fleet {
 public:
  // Publish and reload lines count; others do nothing.
  void observe(const Line& line);

  bool empty() const { return readers_.empty(); }
  Comparison conclude() const;

 private:
  using Index = std::size_t;

  // One volume as one node has it: in one pod.
  struct Mount {
    std::int64_t published = 0;   // newest
    std::string version;          // of that
    std::uint64_t announced = 0;  // how many verdicts are to come on it; 0: not known
    std::uint64_t judged = 0;     // readers that have one
  };
  struct Volume {
    Names::Id kind = 0;
    Names::Id name = 0;
    Names::Id pod_namespace = 0;
    Names::Id host_path = 0;
  };
  struct Reader {
    Index volume = 0;
    Index mount = 0;
    Names::Id node = 0;
    bool container = true;
    std::string pod;
    std::string container_name;
    std::string container_id;
    std::uint64_t pid = 0;
    std::string comm;
    std::int64_t published = 0;  // what its last verdict is on
    std::int64_t judged = 0;     // when
    std::string version;         // of that publish
    std::string verdict;
    std::string cause;
    std::int64_t reread = 0;     // the newest publish that it is known to have reread
    std::string reread_version;  // of that
  };
  struct Named {  // a publish that says its version
    std::int64_t published = 0;
    std::string version;
  };

  void observe_reload(const Line& line, std::int64_t published);
  Index mount_of(const Line& line);
  Index volume_of(const Line& line);
  Reader& reader_of(const Line& line);
  static void announce(Mount& mount, std::int64_t published, std::string_view version);
  std::vector<Named> newest_versions() const;
  bool has_ended(const Reader& reader) const;
  ComparedReader judge(const Reader& reader, const std::string& newest_version) const;
  ComparedVolume describe(const Volume& volume, const std::string& newest_version) const;

  Names names_;
  std::vector<Mount> mounts_;
  std::vector<Volume> volumes_;
  std::vector<Reader> readers_;
  std::unordered_map<std::string, Index> mount_index_;
  std::unordered_map<std::string, Index> volume_index_;
  std::unordered_map<std::string, Index> reader_index_;
  std::string key_;  // its memory serves all look-ups
};

}  // namespace reloadtrace
