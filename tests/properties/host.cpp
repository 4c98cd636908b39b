// SPDX-License-Identifier: Apache-2.0
#include "tests/properties/host.h"

#include <algorithm>

namespace reloadtrace::testing {
namespace {

Timestamp latest_until(const std::map<std::uint32_t, std::vector<Timestamp>>& times,
                       std::uint32_t tgid,
                       Timestamp now) {
  Timestamp latest;
  if (const auto found = times.find(tgid); found != times.end()) {
    for (const Timestamp at : found->second) {
      latest = at <= now ? std::max(latest, at) : latest;
    }
  }
  return latest;
}

Event at_time(Event fact, Timestamp now) {
  std::visit(
      [&](auto& f) {
        if constexpr (requires { f.at; }) {
          f.at = now;
        }
      },
      fact);
  return fact;
}

}  // namespace

Host::Host(const Tale& tale) {
  std::map<std::uint32_t, std::vector<Event>> open;
  std::map<std::string, std::set<std::uint32_t>> containers;
  for (const Event& event : tale.events) {
    const Timestamp at = time_of(event);
    if (const Origin* origin = origin_of(event)) {
      if (begun_[origin->tgid].empty()) {
        begun_[origin->tgid].push_back(std::min(at, origin->started));
      }
    }
    if (const auto* fork = std::get_if<ForkEvent>(&event)) {
      begun_[fork->child].push_back(at);
    } else if (const auto* exit = std::get_if<ExitEvent>(&event)) {
      ended_[exit->origin.tgid].push_back(at);
    } else if (const auto* process = std::get_if<ProcessFact>(&event)) {
      begun_[process->tgid].push_back(process->started ? process->started : at);
      containers[process->container_id].insert(process->tgid);
    } else if (const auto* gone = std::get_if<ContainerGoneFact>(&event)) {
      for (const std::uint32_t tgid : containers[gone->id]) {
        ended_[tgid].push_back(at);
      }
    } else if (const auto* watch = std::get_if<WatchFact>(&event)) {
      open[watch->tgid].push_back(event);
    } else if (const auto* held = std::get_if<HeldFact>(&event)) {
      open[held->tgid].push_back(event);
    } else if (const auto* looked = std::get_if<InspectedFact>(&event)) {
      open[looked->tgid].push_back(event);
      looks_[looked->tgid].push_back({at, std::exchange(open[looked->tgid], {})});
    }
  }
}

bool Host::lives(std::uint32_t tgid, Timestamp now) const {
  const Timestamp begun = latest_until(begun_, tgid, now);
  return begun && begun > latest_until(ended_, tgid, now);
}

void Host::inspect(std::uint32_t tgid, Timestamp now, Engine& engine) const {
  const auto looks = looks_.find(tgid);
  if (looks == looks_.end() || !lives(tgid, now)) {
    engine.observe(InspectedFact{now, tgid, lives(tgid, now)});
    return;
  }
  // The look that the tale has for this, or the one before it.
  auto look = std::find_if(looks->second.begin(), looks->second.end(), [&](const Look& candidate) {
    return candidate.at + std::chrono::seconds(1) >= now;
  });
  look = look == looks->second.end() ? look - 1 : look;
  for (const Event& fact : look->facts) {
    engine.observe(at_time(fact, now));
  }
}

}  // namespace reloadtrace::testing
