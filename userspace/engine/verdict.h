// SPDX-License-Identifier: Apache-2.0
// The words of the answer. Names are part of the contract: adding is free, renaming is not.
#pragma once

#include <string_view>

namespace reloadtrace {

// What became of one publish at one reader.
enum class Verdict {
  Reloaded,    // every required file read to its end from the new generation
  Late,        // the same, after the deadline (follows a Stale)
  Partial,     // some required files, or not to their end, when the deadline came
  Torn,        // one burst of reads mixed generations, and no clean reread followed
  Stale,       // no required file reread when the deadline came
  Unchanged,   // the publish changed no byte of the files this reader uses
  Restarted,   // the process that read the new generation started after the publish
  Superseded,  // the next publish came first
  Exited,      // the reader ended first
  Unknown,     // events were lost, a hook is missing, or nothing can prove it either way
  Pending,     // the tracer was stopped first
};

// Why the verdict is not Reloaded.
enum class Cause {
  SubpathPinned,
  NoWatcher,
  WatchLost,
  WatchOnSymlink,
  MaskMissesSwap,
  EventIgnored,
  EventNotConsumed,
  ReadTooEarly,
  HeldOldFd,
  MappedOldFile,
  OpenFailed,
  DanglingLink,
  IncompleteRead,
  MixedGenerations,
  QueueOverflow,
  WatchSetupFailed,
  PollMissed,
  PollPending,
  SignalIgnored,
  SignalRefused,
  SignalNoReread,
  HttpRefused,
  HttpNoReread,
  CopiedAtStart,
  NotObservable,
};

// How the reader learned of the publish.
enum class TriggerKind { Inotify, Fanotify, Poll, Signal, Http, Restart, Unknown };

std::string_view name_of(Verdict verdict);      // "reloaded"
std::string_view name_of(Cause cause);          // "no_watcher"
std::string_view name_of(TriggerKind trigger);  // "inotify"

// A verdict that an engineer must act on.
bool is_failure(Verdict verdict);

}  // namespace reloadtrace
