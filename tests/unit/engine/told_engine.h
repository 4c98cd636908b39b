// SPDX-License-Identifier: Apache-2.0
// An engine that is told a story, and what it said.
#pragma once

#include <gtest/gtest.h>
#include <sys/inotify.h>

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/stories/story.h"
#include "userspace/engine/engine.h"

namespace reloadtrace::testing {

inline constexpr std::uint32_t kDirectoryMask = IN_CREATE | IN_MOVED_TO | IN_DELETE;
inline constexpr std::uint32_t kFileMask = IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF;

class ToldEngine {
 public:
  // `inspect` answers a look at processes; facts may be delivered in it, later, or never.
  explicit ToldEngine(EngineOptions options = {}, Engine::Inspect inspect = nullptr);
  ~ToldEngine();

  // "app: stale (no_watcher)", one for each verdict so far.
  std::vector<std::string> verdicts() const;

  // The latest verdict.
  const ReloadReport& last() const;

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
  explicit EngineTest(EngineOptions options = {});
  ~EngineTest() override;

  void pass_deadline();

  using Lines = std::vector<std::string>;

  ToldEngine told_;
  Story story_;
  std::vector<StoryWatch> watches_;  // found by an inspection
  std::vector<HeldFact> held_;       // likewise; tgid 0 = of whoever is looked at
  bool complete_ = true;
  bool silent_ = false;  // the facts never come
  std::vector<std::uint32_t> asked_;

 private:
  void answer(std::span<const std::uint32_t> tgids);
};

}  // namespace reloadtrace::testing
