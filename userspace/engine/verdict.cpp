// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/verdict.h"

namespace reloadtrace {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Reloaded:
      return "reloaded";
    case Verdict::Late:
      return "late";
    case Verdict::Partial:
      return "partial";
    case Verdict::Torn:
      return "torn";
    case Verdict::Stale:
      return "stale";
    case Verdict::Unchanged:
      return "unchanged";
    case Verdict::Restarted:
      return "restarted";
    case Verdict::Superseded:
      return "superseded";
    case Verdict::Exited:
      return "exited";
    case Verdict::Unknown:
      return "unknown";
    case Verdict::Pending:
      return "pending";
  }
  return "unknown";
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::SubpathPinned:
      return "subpath_pinned";
    case Cause::NoWatcher:
      return "no_watcher";
    case Cause::WatchLost:
      return "watch_lost";
    case Cause::WatchOnSymlink:
      return "watch_on_symlink";
    case Cause::MaskMissesSwap:
      return "mask_misses_swap";
    case Cause::EventIgnored:
      return "event_ignored";
    case Cause::EventNotConsumed:
      return "event_not_consumed";
    case Cause::ReadTooEarly:
      return "read_too_early";
    case Cause::HeldOldFd:
      return "held_old_fd";
    case Cause::MappedOldFile:
      return "mapped_old_file";
    case Cause::OpenFailed:
      return "open_failed";
    case Cause::DanglingLink:
      return "dangling_link";
    case Cause::IncompleteRead:
      return "incomplete_read";
    case Cause::MixedGenerations:
      return "mixed_generations";
    case Cause::QueueOverflow:
      return "queue_overflow";
    case Cause::WatchSetupFailed:
      return "watch_setup_failed";
    case Cause::PollMissed:
      return "poll_missed";
    case Cause::PollPending:
      return "poll_pending";
    case Cause::SignalIgnored:
      return "signal_ignored";
    case Cause::SignalRefused:
      return "signal_refused";
    case Cause::SignalNoReread:
      return "signal_no_reread";
    case Cause::HttpRefused:
      return "http_refused";
    case Cause::HttpNoReread:
      return "http_no_reread";
    case Cause::CopiedAtStart:
      return "copied_at_start";
    case Cause::NotObservable:
      return "not_observable";
  }
  return "unknown";
}

std::string_view name_of(TriggerKind trigger) {
  switch (trigger) {
    case TriggerKind::Inotify:
      return "inotify";
    case TriggerKind::Fanotify:
      return "fanotify";
    case TriggerKind::Poll:
      return "poll";
    case TriggerKind::Signal:
      return "signal";
    case TriggerKind::Http:
      return "http";
    case TriggerKind::Restart:
      return "restart";
    case TriggerKind::Unknown:
      return "unknown";
  }
  return "unknown";
}

bool is_failure(Verdict verdict) {
  return verdict == Verdict::Stale || verdict == Verdict::Partial || verdict == Verdict::Torn;
}

}  // namespace reloadtrace
