// SPDX-License-Identifier: Apache-2.0
// What a reader has that could have it reread, and what it holds that speaks against it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "userspace/engine/watch_hearing.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

// A thing, and the process that has it.
template <typename Thing>
struct Owned {
  const Process* process = nullptr;
  const Thing* thing = nullptr;

  explicit operator bool() const { return thing != nullptr; }
};

// All that could have a reader reread, and what speaks against it.
struct ReloadMeans {
  std::array<Owned<Watch>, 6> watches;  // by Hearing
  Owned<HeldFact> old;                  // that it holds, or maps
  const Process* handler = nullptr;     // of signals, …
  std::vector<std::uint32_t> signals;   // … these
  const Process* server = nullptr;      // of a request to reload
  bool any = false;                     // an application process is known
  bool all_seen = true;                 // and all of them were looked at

  const Owned<Watch>& operator[](Hearing hearing) const {
    return watches[static_cast<std::size_t>(hearing)];
  }
  bool can_be_told() const { return handler != nullptr || server != nullptr; }
};

// Of the reader's application processes.
ReloadMeans reload_means_of(const Usage& usage, const Volume& volume, const World& world);

}  // namespace reloadtrace
