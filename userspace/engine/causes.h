// SPDX-License-Identifier: Apache-2.0
// The catalogue of causes: all that is said of one stands in its entry, for the verdicts, for
// `reloadtrace explain` and for the README.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "userspace/engine/verdict.h"

namespace reloadtrace {

struct CauseEntry {
  Cause cause;
  std::string_view name;       // as in the JSON lines
  std::string_view meaning;    // half a sentence
  std::string_view signature;  // how the kernel shows it
  std::string_view advice;     // what to change, in one sentence: the one that verdicts say
  std::string_view remedy;     // more about that, in sentences; may be empty
  std::string_view seen_in;    // public issues of applications that fail so; may be empty
  std::string_view modes;      // of the failure catalogue that the causes were derived from
  std::string_view story;      // the scenario that shows it: tests/scenarios/golden/<story>.jsonl
};

// Each cause once, in the order in which a diagnosis looks for them.
std::span<const CauseEntry> cause_catalogue();

const CauseEntry& entry_of(Cause cause);

// By its name.
std::optional<Cause> cause_named(std::string_view name);

}  // namespace reloadtrace
