// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/watch_hearing.h"

#include <sys/fanotify.h>
#include <sys/inotify.h>

namespace reloadtrace {
namespace {

constexpr std::uint32_t kWrites = IN_MODIFY | IN_CLOSE_WRITE;
constexpr std::uint32_t kBeforeSwap = IN_CREATE | IN_ATTRIB;
// Of the publisher's, and anybody's, opens of the directory and what lies in it.
constexpr std::uint32_t kLooks = IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE;

bool is_atomic_writer(const Volume& volume) {
  return volume.fact.link == "..data";
}

// A mark's bits have the values of inotify's; FAN_RENAME has none there.
std::uint32_t at_the_swap(const Watch& watch, const Volume& volume) {
  std::uint32_t bits = IN_MOVED_TO | IN_MOVED_FROM;
  if (is_atomic_writer(volume)) {
    bits |= IN_DELETE;  // others keep the old directory, or have it elsewhere
  }
  return watch.fanotify ? bits | FAN_RENAME : bits;
}

Hearing on_root(const Watch& watch, const Volume& volume) {
  if ((watch.mask & at_the_swap(watch, volume)) != 0) {
    return Hearing::Told;
  }
  if ((watch.mask & kBeforeSwap) != 0) {
    return Hearing::Early;
  }
  // A mark may be on a whole file system, and see the new files being written.
  return watch.fanotify || (watch.mask & kLooks) != 0 ? Hearing::Partly : Hearing::Deaf;
}

// Files are published by a rename onto them, or are written in place: which, nobody knows yet.
Hearing in_plain_directory(const Watch& watch) {
  if (watch.kind == TargetKind::File || watch.kind == TargetKind::Link) {
    return Hearing::Once;
  }
  const bool renames = (watch.mask & IN_MOVED_TO) != 0;
  const bool writes = (watch.mask & kWrites) != 0;
  if (renames && writes) {
    return Hearing::Told;
  }
  const std::uint32_t any = kLooks | kBeforeSwap | IN_MOVED_FROM | IN_DELETE;
  return watch.fanotify || renames || writes || (watch.mask & any) != 0 ? Hearing::Partly
                                                                        : Hearing::Deaf;
}

}  // namespace

Hearing hearing_of(const Watch& watch, const Volume& volume) {
  if (!watch.fanotify && (watch.mask & IN_ONESHOT) != 0) {
    return Hearing::Once;
  }
  if (!volume.fact.atomic_links) {
    return in_plain_directory(watch);
  }
  if (watch.kind == TargetKind::Root) {
    return on_root(watch, volume);
  }
  // The link of a key is made once; ..data itself, and links within a generation, are replaced.
  const bool of_key = watch.kind == TargetKind::Link && watch.path != volume.fact.link &&
                      watch.path.find('/') == std::string::npos;
  return of_key && is_atomic_writer(volume) ? Hearing::Link : Hearing::Once;
}

}  // namespace reloadtrace
