// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/roster.h"

#include "userspace/engine/report_builder.h"

namespace reloadtrace {

Roster take_roster(const World& world) {
  Roster roster{world.volume_count(), {}};
  world.each_reader([&](const Reader& reader) {
    if (!reader.selected) {
      return;
    }
    for (const auto& usage : reader.usages) {
      const Volume* volume = world.volume(usage->volume);
      if (volume == nullptr) {
        continue;
      }
      const VolumeFact& fact = volume->fact;
      roster.entries.push_back({describe(reader, world), describe(*volume, usage->path),
                                fact.current.name, fact.current.config_version, fact.published,
                                usage->judgement.has_value() && !usage->verdict.has_value()});
    }
  });
  return roster;
}

}  // namespace reloadtrace
