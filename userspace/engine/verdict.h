// SPDX-License-Identifier: Apache-2.0
// The words of the answer. Names are part of the contract: adding is free, renaming is not.
#pragma once

#include <optional>
#include <span>
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
inline constexpr Cause kLastCause = Cause::NotObservable;

// What people are told of a verdict: in `reloadtrace explain` and in the README.
struct VerdictEntry {
  Verdict verdict;
  std::string_view name;     // as in the JSON lines
  std::string_view meaning;  // half a sentence
  std::string_view next;     // what to do now, in sentences
};
// Each once, in the order of the enumeration.
std::span<const VerdictEntry> verdict_catalogue();
const VerdictEntry& entry_of(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

// How the reader learned of the publish.
enum class TriggerKind { Inotify, Fanotify, Poll, Signal, Http, Restart, Unknown };

std::string_view name_of(Verdict verdict);      // "reloaded"
std::string_view name_of(Cause cause);          // "no_watcher"; see causes.h
std::string_view name_of(TriggerKind trigger);  // "inotify"

// A verdict that an engineer must act on.
bool is_failure(Verdict verdict);

}  // namespace reloadtrace
