// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/publisher_memory.h"

#include <algorithm>
#include <utility>

#include "userspace/node/files.h"

namespace reloadtrace::node {

void PublisherMemory::remember(const SymlinkEvent& event) {
  if (links_.size() == kMaxLinks) {
    links_.pop_front();
  }
  links_.push_back({event.origin.tid, event.link_path, event.target});
}

void PublisherMemory::remember(const WriteOpenEvent& event) {
  // Directories of new generations begin with "..": anything else is no preparation.
  if (event.file.generation_ino == 0 || !event.path.starts_with("..")) {
    return;
  }
  if (files_.size() == kMaxFiles) {
    files_.pop_front();
  }
  files_.push_back({event.file.volume(), event.file.generation_ino, event.file.ino, event.path});
}

std::optional<std::string> PublisherMemory::target_of(std::uint32_t tid,
                                                      const std::string& link_path) const {
  const auto found = std::find_if(links_.rbegin(), links_.rend(), [&](const Link& link) {
    return link.tid == tid && link.path == link_path;
  });
  return found == links_.rend() ? std::nullopt : std::optional(found->target);
}

PublisherMemory::Written PublisherMemory::written_into(VolumeId volume,
                                                       const std::string& generation) const {
  Written written;
  for (const File& file : files_) {
    const auto path =
        file.volume == volume ? below(file.path, generation) : std::optional<std::string_view>();
    if (path && !path->empty()) {
      written.directory = file.generation;
      written.files.push_back({std::string(*path), file.ino, 0, 0});
    }
  }
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::stable_sort(written.files.begin(), written.files.end(), by_path);
  const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };
  written.files.erase(std::unique(written.files.begin(), written.files.end(), same),
                      written.files.end());
  return written;
}

}  // namespace reloadtrace::node
