// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/early_ends.h"

#include <sys/inotify.h>

#include <algorithm>
#include <utility>

#include "userspace/engine/judge.h"
#include "userspace/engine/world.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kMax = 256;

}  // namespace

void EarlyEnds::keep(End end) {
  const Timestamp oldest = end.at - kLongestRename;
  ends_.push_back(std::move(end));
  while (ends_.front().at < oldest || ends_.size() > kMax) {
    ends_.pop_front();
  }
}

std::vector<const EarlyEnds::End*> EarlyEnds::of(const Publish& publish, VolumeId volume) const {
  std::vector<const End*> found;
  if (publish.fact.writer_tgid == 0) {
    return found;  // found by comparing: nobody knows when it was made
  }
  for (const End& end : ends_) {
    const Usage* usage = end.reader->usage_of(volume);
    if (usage != nullptr && end.at < publish.at() && publish.at() - end.at <= kLongestRename &&
        visible_since(*usage, publish) <= end.at) {
      found.push_back(&end);
    }
  }
  return found;
}

bool heard_of_more(const Reader& reader, Timestamp end, const World& world) {
  return std::ranges::any_of(reader.usages, [&](const auto& usage) {
    const Volume* volume = world.volume(usage->volume);
    return volume != nullptr && std::ranges::any_of(usage->notices, [&](const Notice& notice) {
             return (notice.mask & IN_MOVED_TO) != 0 && notice.at + kLongestRename >= end &&
                    (!volume->last || notice.at > volume->last->at());
           });
  });
}

}  // namespace reloadtrace
