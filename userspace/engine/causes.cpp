// SPDX-License-Identifier: Apache-2.0
// One entry for each cause: what to change.
#include "userspace/engine/diagnosis.h"

namespace reloadtrace {

std::string advice_for(Cause cause) {
  switch (cause) {
    case Cause::SubpathPinned:
      return "mount the directory instead of a subPath; until then only a restart brings the new "
             "file";
    case Cause::NoWatcher:
      return "tell it after the publish (SIGHUP, its reload endpoint or a reloader sidecar), or "
             "have "
             "it watch the directory";
    case Cause::WatchLost:
      return "watch the directory and react to ..data, or add the watch again after IN_IGNORED";
    case Cause::WatchOnSymlink:
      return "watch the directory: the link itself never changes, only ..data behind it";
    case Cause::MaskMissesSwap:
      return "add IN_MOVED_TO to the mask (IN_CLOSE_WRITE for files that are written in place)";
    case Cause::EventIgnored:
      return "react to IN_MOVED_TO of ..data: no event ever carries the name of the file itself";
    case Cause::EventNotConsumed:
      return "read the inotify queue: the thread that should is blocked or gone";
    case Cause::ReadTooEarly:
      return "reread on IN_MOVED_TO of ..data, not on the first event of a burst";
    case Cause::HeldOldFd:
      return "close the file and open it again by its path";
    case Cause::MappedOldFile:
      return "map the file again by its path after the swap";
    case Cause::OpenFailed:
      return "give the process access to the new file (defaultMode, fsGroup, runAsUser)";
    case Cause::DanglingLink:
      return "delete the pod so that kubelet writes the volume anew (fixed by kubernetes #122807)";
    case Cause::IncompleteRead:
      return "read every changed file to its end at each reload";
    case Cause::MixedGenerations:
      return "resolve ..data once and open all files beneath it, or reread all when it changed "
             "meanwhile";
    case Cause::QueueOverflow:
      return "after IN_Q_OVERFLOW look at the whole directory: events were dropped";
    case Cause::WatchSetupFailed:
      return "raise fs.inotify.max_user_instances or max_user_watches, or watch a path that exists";
    case Cause::PollMissed:
      return "compare what the link ..data points to, or the inode, or a hash: not the time of the "
             "link itself";
    case Cause::PollPending:
      return "wait for the next look, shorten its interval, or raise --deadline above it";
    case Cause::SignalIgnored:
      return "exec the application in the entrypoint, or run it under tini -g: nobody there "
             "handles the signal";
    case Cause::SignalRefused:
      return "send the signal as the same user, or with CAP_KILL";
    case Cause::SignalNoReread:
      return "find out what the signal does here: it was taken, and nothing was reread";
    case Cause::HttpRefused:
      return "enable or authorise the reload endpoint";
    case Cause::HttpNoReread:
      return "find out what the endpoint does: it answered, and nothing was reread";
    case Cause::CopiedAtStart:
      return "read the volume itself, or copy again after each publish";
    case Cause::NotObservable:
      return "look inside the guest: its system calls never reach this kernel";
  }
  return {};
}

}  // namespace reloadtrace
