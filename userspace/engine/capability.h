// SPDX-License-Identifier: Apache-2.0
// Whether a reader can reload, before anything was published: from its mounts, living watches, what
// it holds, and its programs. The first row that applies decides:
//
//   runs on a guest kernel                              unknown  not_observable
//   mounts it by subPath alone, and swaps publish it    no       subpath_pinned
//   a watch that will be told, nothing old is held      yes
//   a watch that will be told, and yet it holds a file  unknown  held_old_fd, mapped_old_file
//     that was replaced
//   holds or maps a file that was replaced longer ago   no       held_old_fd, mapped_old_file
//     than the deadline
//   the same since then, or not known since when        unknown  held_old_fd, mapped_old_file
//   a watch that works once at most                     unknown  watch_lost
//   a watch told of what comes before the swap          unknown  read_too_early
//   a watch that hears of some publishes only           unknown  mask_misses_swap
//   a watch on the link of a file                       no       watch_on_symlink
//   a watch on the directory, deaf by its mask          no       mask_misses_swap
//   takes a signal that may ask for a reload, behind a  unknown  signal_ignored
//     shell as pid 1 that drops it
//   takes such a signal, or a request                   unknown  no_watcher
//   nothing of all this                                 unknown  no_watcher
//
// "yes" says that it will be told; reading is up to it. "no" is said of what it has set up, or of
// its mount, and turns into "unknown" when one of its processes could not be looked at, or when it
// takes a signal or request to reload as well. That nobody looks at intervals, /proc cannot show:
// so no_watcher is never more than "unknown". With "unknown", the cause is what may keep it from
// it; where all its processes could not be looked at, there is none.
#pragma once

#include "userspace/engine/report.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

// `deadline`: how long a reader may hold what was replaced before that is held against it.
ReaderReport judge_capability(const Usage& usage,
                              const World& world,
                              Duration deadline,
                              Timestamp now);

}  // namespace reloadtrace
