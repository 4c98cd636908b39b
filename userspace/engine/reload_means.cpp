// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/reload_means.h"

#include <algorithm>
#include <utility>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/program.h"

namespace reloadtrace {
namespace {

// Of a file that another one has taken the place of.
bool is_replaced(const HeldFact& held, const Volume& volume) {
  const auto& files = volume.fact.current.files;
  const auto now = std::find_if(files.begin(), files.end(),
                                [&](const FileFact& file) { return file.path == held.path; });
  return now != files.end() && now->ino != 0 && now->ino != held.inode.ino &&
         (held.unlinked || held.generation != volume.fact.current.name);
}

bool holds_current(const Process& process, const HeldFact& old, const Volume& volume) {
  return std::any_of(process.held.begin(), process.held.end(), [&](const HeldFact& held) {
    return held.volume == old.volume && held.path == old.path && !is_replaced(held, volume);
  });
}

void add_watches(const Process& process, const Volume& volume, ReloadMeans& means) {
  for (const Watch& watch : process.watches) {
    if (watch.alive && watch.volume == volume.fact.id) {
      auto& found = means.watches[static_cast<std::size_t>(hearing_of(watch, volume))];
      if (!found) {
        found = {&process, &watch};
      }
    }
  }
}

void add_held(const Process& process, const Volume& volume, ReloadMeans& means) {
  for (const HeldFact& held : process.held) {
    // A descriptor says more than a mapping.
    const bool better = !means.old || (means.old.thing->fd < 0 && held.fd >= 0);
    if (better && held.volume == volume.fact.id && is_replaced(held, volume) &&
        !holds_current(process, held, volume)) {
      means.old = {&process, &held};
    }
  }
}

}  // namespace

ReloadMeans reload_means_of(const Usage& usage, const Volume& volume, const World& world) {
  ReloadMeans out;
  each_application(usage, world, [&](const Process& process) {
    out.any = true;
    out.all_seen = out.all_seen && world.watches_known(process);
    add_watches(process, volume, out);
    add_held(process, volume, out);
    if (!process.program) {
      return;
    }
    auto signals = reload_signals(*process.program);
    const bool first = out.handler == nullptr || process.tgid == usage.reader->main;
    if (!signals.empty() && first) {
      out.handler = &process;
      out.signals = std::move(signals);
    }
    if (!process.program->reload_request.empty() && out.server == nullptr) {
      out.server = &process;
    }
  });
  return out;
}

}  // namespace reloadtrace
