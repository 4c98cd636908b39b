// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/verdict.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace reloadtrace {
namespace {

constexpr std::array kCatalogue = {
    VerdictEntry{Verdict::Reloaded, "reloaded",
                 "every changed file that the reader uses was read to its end, from the new "
                 "generation",
                 "Nothing. Reading is all that the kernel sees: whether the application also took "
                 "the new configuration, its own log says."},
    VerdictEntry{Verdict::Late, "late",
                 "as reloaded, but after the deadline (120 s, or --deadline); a stale came before",
                 "Where the reader looks at intervals, raise --deadline above them. Else see by "
                 "which trigger the reread came, and why not earlier."},
    VerdictEntry{
        Verdict::Partial, "partial",
        "when the deadline came some of the changed files had been reread, or not to their end",
        "The cause says what is missing; the lines of its processes, who lacks it."},
    VerdictEntry{Verdict::Torn, "torn",
                 "one burst of reads mixed two generations, and no clean reread followed",
                 "Files that belong together may not match now. Have it reread, then see the "
                 "cause mixed_generations."},
    VerdictEntry{Verdict::Stale, "stale",
                 "none of the changed files was reread before the deadline",
                 "The application runs on the old configuration. The verdict has the cause, its "
                 "evidence and an advice; reloadtrace explain CAUSE says more."},
    VerdictEntry{Verdict::Unchanged, "unchanged",
                 "the publish changed no byte of what the reader uses, or with --diff nothing that "
                 "it means",
                 "Nothing: there was nothing to reread."},
    VerdictEntry{Verdict::Restarted, "restarted",
                 "what read the new generation began after the publish: a restart, no reload",
                 "Nothing, if that was meant (a rollout, a reloader). Else see why it ended: a "
                 "SIGHUP that nobody handles ends a process."},
    VerdictEntry{Verdict::Superseded, "superseded", "the next publish came first",
                 "Look at the verdict of the next publish."},
    VerdictEntry{Verdict::Exited, "exited", "the reader ended first",
                 "Look at what came in its place."},
    VerdictEntry{Verdict::Unknown, "unknown",
                 "events were lost, a hook is missing, or nothing could prove it: never a guess",
                 "The evidence says what was not seen. reloadtrace check lists hooks that are "
                 "missing here, and what each needs."},
    VerdictEntry{Verdict::Pending, "pending", "the trace was stopped first",
                 "Trace for longer than --deadline."},
};
static_assert(
    [] {
      for (std::size_t i = 0; i < kCatalogue.size(); ++i) {
        if (kCatalogue[i].verdict != static_cast<Verdict>(i)) {
          return false;
        }
      }
      return kCatalogue.size() == static_cast<std::size_t>(Verdict::Pending) + 1;
    }(),
    "each Verdict has its entry, in order");

}  // namespace

std::span<const VerdictEntry> verdict_catalogue() {
  return kCatalogue;
}

const VerdictEntry& entry_of(Verdict verdict) {
  return kCatalogue[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> verdict_named(std::string_view name) {
  const auto* found = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                                   [&](const VerdictEntry& entry) { return entry.name == name; });
  return found == kCatalogue.end() ? std::nullopt : std::optional(found->verdict);
}

std::string_view name_of(Verdict verdict) {
  return entry_of(verdict).name;
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
