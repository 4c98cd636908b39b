// SPDX-License-Identifier: Apache-2.0
// The watches of a process, by inotify and fanotify, as they come and go.
#pragma once

#include "userspace/engine/model.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

void add_watch(Process& process, const WatchAddEvent& event);
void add_mark(Process& process, const FanotifyMarkEvent& event);
// The living watch; null when it is not known. One that an exec seemed to end lives again: who
// asks for it has seen an event of it. Valid until the next one is added.
Watch* find_watch(Process& process, int fd, int wd);
// A child has the descriptors of its parent, and with them its watches.
void inherit_watches(Process& child, const Process& parent);
// Close-on-exec descriptors are gone; an inspection, or an event, tells which are not.
void end_watches_by_exec(Process& process, Timestamp at);

}  // namespace reloadtrace
