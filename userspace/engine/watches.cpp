// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/watches.h"

#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace reloadtrace {
namespace {

TargetKind kind_of_target(const FileRef& target, bool link_itself) {
  if (target.ino == target.volume_ino) {
    return TargetKind::Root;
  }
  if (link_itself && S_ISLNK(target.mode)) {
    return TargetKind::Link;
  }
  return S_ISDIR(target.mode) ? TargetKind::Generation : TargetKind::File;
}

// Who puts its watch on a file anew after each publish leaves the dead ones behind; the latest of
// them tell what a diagnosis needs.
constexpr std::ptrdiff_t kMaxDeadWatches = 256;

void forget_dead_watches(Process& process) {
  auto dead = std::count_if(process.watches.begin(), process.watches.end(),
                            [](const Watch& watch) { return !watch.alive; });
  if (dead > kMaxDeadWatches) {
    std::erase_if(process.watches,
                  [&](const Watch& watch) { return !watch.alive && dead-- > kMaxDeadWatches / 2; });
  }
}

}  // namespace

void add_watch(Process& process, const WatchAddEvent& event) {
  const TargetKind kind = kind_of_target(event.target, (event.mask & IN_DONT_FOLLOW) != 0);
  Watch watch{event.fd, event.wd,   event.mask,     event.target.volume(), event.target.inode(),
              kind,     event.path, event.origin.at};
  // The same wd on a living watch is a changed mask; wd numbers of dead ones are not used again
  // soon.
  if (Watch* known = find_watch(process, event.fd, event.wd)) {
    *known = std::move(watch);
  } else {
    process.watches.push_back(std::move(watch));
    forget_dead_watches(process);
  }
}

void add_mark(Process& process, const FanotifyMarkEvent& event) {
  const TargetKind kind = kind_of_target(event.target, (event.flags & FAN_MARK_DONT_FOLLOW) != 0);
  const auto mask = static_cast<std::uint32_t>(event.mask);
  Watch mark{event.fd, -1,         mask,           event.target.volume(), event.target.inode(),
             kind,     event.path, event.origin.at};
  mark.fanotify = true;
  const auto known =
      std::find_if(process.watches.begin(), process.watches.end(), [&](const Watch& watch) {
        return watch.fanotify && watch.fd == mark.fd && watch.target == mark.target;
      });
  if (known != process.watches.end()) {
    mark.mask |= known->mask;
    *known = std::move(mark);
  } else {
    process.watches.push_back(std::move(mark));
  }
}

Watch* find_watch(Process& process, int fd, int wd) {
  Watch* outlived = nullptr;
  for (Watch& watch : process.watches) {
    if (watch.fd == fd && watch.wd == wd && watch.alive) {
      return &watch;
    }
    if (watch.fd == fd && watch.wd == wd && watch.executed) {
      outlived = &watch;
    }
  }
  if (outlived != nullptr) {
    outlived->alive = true;
    outlived->executed = false;
    outlived->ended = {};
  }
  return outlived;
}

void inherit_watches(Process& child, const Process& parent) {
  if (child.watches.empty()) {
    std::copy_if(parent.watches.begin(), parent.watches.end(), std::back_inserter(child.watches),
                 [](const Watch& watch) { return watch.alive || watch.executed; });
    child.looked_at = child.looked_at || parent.looked_at;
  }
}

void end_watches_by_exec(Process& process, Timestamp at) {
  for (Watch& watch : process.watches) {
    if (watch.alive) {
      watch.alive = false;
      watch.executed = true;
      watch.ended = at;
    }
  }
}

}  // namespace reloadtrace
