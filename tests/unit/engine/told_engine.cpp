// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/engine/told_engine.h"

#include <utility>

namespace reloadtrace::testing {

ToldEngine::ToldEngine(EngineOptions options, Engine::Inspect inspect)
    : engine(
          std::move(options),
          [this](const Report& report) { reports.push_back(report); },
          std::move(inspect)) {}

ToldEngine::~ToldEngine() = default;

std::vector<std::string> ToldEngine::verdicts() const {
  std::vector<std::string> out;
  for (const Report& report : reports) {
    if (const auto* reload = std::get_if<ReloadReport>(&report)) {
      std::string line = reload->reader.name + ": " + std::string(name_of(reload->verdict));
      if (reload->cause) {
        line += " (" + std::string(name_of(*reload->cause)) + ")";
      }
      out.push_back(line);
    }
  }
  return out;
}

const ReloadReport& ToldEngine::last() const {
  static const ReloadReport kNone;
  for (auto it = reports.rbegin(); it != reports.rend(); ++it) {
    if (const auto* reload = std::get_if<ReloadReport>(&*it)) {
      return *reload;
    }
  }
  ADD_FAILURE() << "no verdict was given";
  return kNone;
}

EngineTest::EngineTest(EngineOptions options)
    : told_(std::move(options), [this](auto tgids, Timestamp) { answer(tgids); }),
      story_([this](const Event& event) { told_.engine.observe(event); }) {
  story_.begin();
  story_.ready();
}

EngineTest::~EngineTest() = default;

void EngineTest::answer(std::span<const std::uint32_t> tgids) {
  for (const std::uint32_t tgid : tgids) {
    asked_.push_back(tgid);
    if (silent_) {
      continue;
    }
    for (const StoryWatch& watch : watches_) {
      if (watch.process.tgid == tgid) {
        WatchFact fact = watch.fact;
        fact.tgid = tgid;
        fact.at = story_.now();
        told_.engine.observe(fact);
      }
    }
    for (HeldFact held : held_) {
      held.at = story_.now();
      held.tgid = held.tgid != 0 ? held.tgid : tgid;
      if (held.tgid == tgid) {
        told_.engine.observe(held);
      }
    }
    told_.engine.observe(InspectedFact{story_.now(), tgid, complete_});
  }
}

void EngineTest::pass_deadline() {
  story_.pass(Story::kDeadline + 1ms);
  told_.engine.advance_to(story_.now());
}

}  // namespace reloadtrace::testing
