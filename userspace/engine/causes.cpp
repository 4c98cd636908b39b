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
  }
  return {};
}

}  // namespace reloadtrace
