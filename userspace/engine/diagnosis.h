// SPDX-License-Identifier: Apache-2.0
// Why a reader did not reread: from its watches, descriptors, mappings and what it read instead.
//
// The order of the decision is that of the failure catalogue: a failed open, a read of the old
// generation, then how the reader could have noticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/engine/judge.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

struct Diagnosis {
  std::optional<Cause> cause;
  std::string evidence;    // one sentence, with its numbers
  std::string advice;      // one sentence
  std::uint32_t tgid = 0;  // the process that it speaks of; 0 = the reader as a whole
};

// A reader that was found not to have reread; `now` is the time of the verdict. With `inotify_seen`
// false (its hook is missing) nothing is concluded from watches.
Diagnosis diagnose_stale(const Usage& usage,
                         const Judgement& judgement,
                         const World& world,
                         Timestamp now,
                         bool inotify_seen);

// A reader whose only mounts of the volume are subPaths of a generation, or single files, that this
// publish replaced elsewhere. Null when it did not, and when it is seen through these mounts.
std::optional<Diagnosis> diagnose_pinned(const Usage& usage, const Publish& publish);

// "/etc/app.yaml is bound to app.yaml of ..2026_…, which a swap can never replace"
std::string say_pinned(const MountFact& mount);

Diagnosis diagnose_torn(const TornPair& pair, const Publish& publish);

Diagnosis diagnose_partial(const Usage& usage,
                           const Judgement& judgement,
                           const Standing& standing,
                           const World& world,
                           bool secret);

// A sentence when the reader holds this file of the new generation though it was not seen to open
// it: then nothing can be said against it. Empty otherwise.
std::string holds_unseen(const Usage& usage,
                         const Judgement& judgement,
                         const World& world,
                         std::string_view file);

// Whether the file lies in the part of the volume that the mount shows.
bool covers(const MountFact& mount, std::string_view file);

// What to do about a cause: the same sentence wherever it appears.
std::string advice_for(Cause cause);

}  // namespace reloadtrace
