// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/census.h"

#include <algorithm>

namespace reloadtrace {
namespace {

// From good to bad: of a reader with several volumes the worst counts.
enum class Standing : std::uint8_t { Current, Unknown, Behind, Stale };

Standing standing_of(const Usage& usage) {
  if (usage.verdict) {
    if (is_failure(*usage.verdict)) {
      return Standing::Stale;
    }
    const bool current = *usage.verdict == Verdict::Reloaded || *usage.verdict == Verdict::Late ||
                         *usage.verdict == Verdict::Restarted ||
                         *usage.verdict == Verdict::Unchanged;
    return current ? Standing::Current : Standing::Unknown;
  }
  // Without a judgement it was never asked: there was no publish since it began.
  return usage.judgement ? Standing::Behind : Standing::Current;
}

}  // namespace

Census take_census(World& world) {
  Census census;
  world.each_reader([&](const Reader& reader) {
    if (!reader.selected || reader.usages.empty()) {
      return;
    }
    Standing worst = Standing::Current;
    for (const auto& usage : reader.usages) {
      worst = std::max(worst, standing_of(*usage));
    }
    ReaderCount& count = census[{reader.container.pod_namespace, reader.container.pod}];
    ++count.readers;
    count.current += worst == Standing::Current ? 1 : 0;
    count.behind += worst >= Standing::Behind ? 1 : 0;
    count.stale += worst == Standing::Stale ? 1 : 0;
  });
  return census;
}

}  // namespace reloadtrace
