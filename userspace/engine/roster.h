// SPDX-License-Identifier: Apache-2.0
// Who is watched right now, and of which publish a reread is still waited for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "userspace/engine/report.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

// One reader and one volume that it uses.
struct RosterEntry {
  ReaderInfo reader;
  VolumeInfo volume;
  std::string generation;      // the volume's newest
  std::string config_version;  // of that; empty = none
  Timestamp published;         // when it was; zero = not known
  bool awaited = false;        // the reader has no verdict on it yet
};

struct Roster {
  std::size_t volumes = 0;  // that are watched, whether somebody uses them or not
  // Readers that were asked for, in the order in which they appeared.
  std::vector<RosterEntry> entries;
};

Roster take_roster(const World& world);

}  // namespace reloadtrace
