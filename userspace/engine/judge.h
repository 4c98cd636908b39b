// SPDX-License-Identifier: Apache-2.0
// How far a reader has come with a publish: which required files it reread, from which generation.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "userspace/engine/report.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

struct Standing {
  std::vector<const FileUse*> complete;  // required files, each by the use that was complete first
  std::vector<const FileUse*> begun;     // of the new generation, opened but not read to the end
  std::vector<std::string> missing;      // required, not complete
  bool satisfied = false;
};

// Whether this use is one of the file that the publish made visible.
bool is_of(const FileUse& use, const Publish& publish);

// Whether all of it was read.
bool is_complete(const FileUse& use);

// A chain of parents is never longer than this, unless pids were used again and it is a circle.
inline constexpr int kMaxAncestors = 64;

// Not of an observer.
bool is_application(const FileUse& use, const World& world);

// Only what application processes read counts.
Standing standing_of(const Usage& usage, const Judgement& judgement, const World& world);

// A process that read `second` from the new generation in one burst with `first` from an older one,
// and has not reread `first`. Both are changed files.
struct TornPair {
  const FileUse* first = nullptr;
  const FileUse* second = nullptr;
};
std::optional<TornPair> find_torn(const Usage& usage,
                                  const Judgement& judgement,
                                  const World& world);

// When the publish was there for this reader. The publisher can lose the processor before its
// rename returns to it, which is the time of a publish; so a notice of the swap proves an earlier
// one.
Timestamp visible_since(const Usage& usage, const Publish& publish);

// The process, and every ancestor of it in the same reader, began after the publish: what it read
// is a start-up read, not a reload.
bool began_after(std::uint32_t tgid, Timestamp at, const World& world);

}  // namespace reloadtrace
