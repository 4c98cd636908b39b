// SPDX-License-Identifier: Apache-2.0
// An engine that is told a story, and what it said.
#pragma once

#include <gtest/gtest.h>
#include <sys/inotify.h>

#include <string>
#include <vector>

#include "tests/support/stories/story.h"
#include "userspace/engine/engine.h"

namespace reloadtrace::testing {

inline constexpr std::uint32_t kDirectoryMask = IN_CREATE | IN_MOVED_TO | IN_DELETE;
inline constexpr std::uint32_t kFileMask = IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF;

class ToldEngine {
 public:
  // `inspect` answers a look at processes; facts may be delivered in it, later, or never.
  explicit ToldEngine(EngineOptions options = {}, Engine::Inspect inspect = nullptr)
      : engine(
            std::move(options),
            [this](const Report& report) { reports.push_back(report); },
            std::move(inspect)) {}

  // "app: stale (no_watcher)", one for each verdict so far.
  std::vector<std::string> verdicts() const {
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

  // The latest verdict.
  const ReloadReport& last() const {
    static const ReloadReport kNone;
    for (auto it = reports.rbegin(); it != reports.rend(); ++it) {
      if (const auto* reload = std::get_if<ReloadReport>(&*it)) {
        return *reload;
      }
    }
    ADD_FAILURE() << "no verdict was given";
    return kNone;
  }

  template <typename T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const Report& report : reports) {
      n += std::holds_alternative<T>(report) ? 1 : 0;
    }
    return n;
  }

  std::vector<Report> reports;
  Engine engine;
};

// Most tests: one ConfigMap, an inspection that finds nothing unless the test says otherwise.
class EngineTest : public ::testing::Test {
 protected:
  explicit EngineTest(EngineOptions options = {})
      : told_(std::move(options), [this](auto tgids, Timestamp) { answer(tgids); }),
        story_([this](const Event& event) { told_.engine.observe(event); }) {
    story_.begin();
    story_.ready();
  }

  void answer(std::span<const std::uint32_t> tgids) {
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

  void pass_deadline() {
    story_.pass(Story::kDeadline + 1ms);
    told_.engine.advance_to(story_.now());
  }

  using Lines = std::vector<std::string>;

  ToldEngine told_;
  Story story_;
  std::vector<StoryWatch> watches_;  // found by an inspection
  std::vector<HeldFact> held_;       // likewise; tgid 0 = of whoever is looked at
  bool complete_ = true;
  bool silent_ = false;  // the facts never come
  std::vector<std::uint32_t> asked_;
};

}  // namespace reloadtrace::testing
