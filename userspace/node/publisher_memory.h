// SPDX-License-Identifier: Apache-2.0
// What publishers were seen to prepare: symlinks made and files written, before the rename that
// makes them visible.
//
// Two swaps within a millisecond are over before anybody can look: what was remembered here names
// the first one. Bounded; what is oldest goes first.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "userspace/wire/event.h"

namespace reloadtrace::node {

class PublisherMemory {
 public:
  void remember(const SymlinkEvent& event);
  void remember(const WriteOpenEvent& event);

  // The target that this thread last gave to the link that it now renames.
  std::optional<std::string> target_of(std::uint32_t tid, const std::string& link_path) const;

  struct Written {
    std::uint64_t directory = 0;  // inode of the generation directory; 0 = not seen
    std::vector<FileFact> files;  // sorted; sizes and contents not known
  };
  // What was written into this generation of the volume.
  Written written_into(VolumeId volume, const std::string& generation) const;

 private:
  static constexpr std::size_t kMaxLinks = 256;
  static constexpr std::size_t kMaxFiles = 4096;

  struct Link {
    std::uint32_t tid = 0;
    std::string path;
    std::string target;
  };
  struct File {
    VolumeId volume;
    std::uint64_t generation = 0;
    std::uint64_t ino = 0;
    std::string path;  // from the root
  };

  std::deque<Link> links_;
  std::deque<File> files_;
};

}  // namespace reloadtrace::node
