// SPDX-License-Identifier: Apache-2.0
// Each story must give its golden lines: live, and again from a recording of it. After a change
// that is meant: scripts/dev update-golden, and review the difference like code.
#include "tests/scenarios/scenario.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "tests/scenarios/schema_check.h"
#include "tests/support/places.h"
#include "tests/support/stories/kernel_records.h"
#include "userspace/base/unique_fd.h"
#include "userspace/engine/engine.h"
#include "userspace/sink/json_sink.h"
#include "userspace/wire/recording.h"

namespace reloadtrace::testing {
namespace {

std::vector<Scenario> all_stories() {
  std::vector<Scenario> all;
  for (const auto stories : {verdict_stories(), cause_stories(), watch_stories(), notice_stories(),
                             reader_stories(), publisher_stories(), loss_stories()}) {
    all.insert(all.end(), stories.begin(), stories.end());
  }
  return all;
}

// What `reloadtrace --format json` would print.
class Lines {
 public:
  explicit Lines(const Scenario& scenario) : engine_(options(scenario), say(), nullptr) {}

  void observe(const Event& event) { engine_.observe(event); }
  const std::string& text() const { return text_; }
  // "app: stale (no_watcher)", one a line.
  const std::string& verdicts() const { return verdicts_; }

 private:
  static EngineOptions options(const Scenario& scenario) {
    EngineOptions options;
    options.deadline = Story::kDeadline;
    options.evidence = scenario.evidence;
    return options;
  }
  Engine::Say say() {
    return [this](const Report& report) {
      if (const auto* start = std::get_if<StartReport>(&report)) {
        session_ = {start->node, start->wall_offset_ns};
      }
      if (const auto* reload = std::get_if<ReloadReport>(&report)) {
        verdicts_ += reload->reader.name + ": ";
        verdicts_ += name_of(reload->verdict);
        verdicts_ += reload->cause ? " (" + std::string(name_of(*reload->cause)) + ")\n" : "\n";
      }
      text_ += json_line(report, session_);
    };
  }

  Session session_;
  std::string text_;
  std::string verdicts_;
  Engine engine_;
};

std::string golden_path(const Scenario& scenario) {
  return in_project("tests/scenarios/golden/" + std::string(scenario.name) + ".jsonl");
}

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Stories : public ::testing::TestWithParam<Scenario> {};

TEST_P(Stories, gives_its_golden_lines) {
  Lines lines(GetParam());
  Story story([&](const Event& event) { lines.observe(event); });
  GetParam().tell(story);
  std::istringstream each(lines.text());
  for (std::string line; std::getline(each, line);) {
    EXPECT_EQ(complaint_about(line), "") << line;
  }
  if (std::getenv("RELOADTRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden_path(GetParam())) << lines.text();
    return;
  }
  EXPECT_EQ(lines.text(), read_file(golden_path(GetParam())));
}

TEST_P(Stories, gives_the_same_lines_from_a_recording) {
  const UniqueFd memory(::memfd_create("recording", MFD_CLOEXEC));
  const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
  auto writer = RecordingWriter::create(path);
  ASSERT_TRUE(writer) << writer.error().message;
  Lines live(GetParam());
  Story story([&](const Event& event) {
    live.observe(event);
    ASSERT_TRUE((*writer)->write(event, kernel_record(event)));
  });
  GetParam().tell(story);
  ASSERT_TRUE((*writer)->close());

  auto reader = RecordingReader::open(path);
  ASSERT_TRUE(reader) << reader.error().message;
  Lines replayed(GetParam());
  for (;;) {
    auto item = (*reader)->next();
    ASSERT_TRUE(item) << item.error().message;
    if (!*item) {
      break;
    }
    replayed.observe((*item)->event);
  }
  EXPECT_EQ((*reader)->undecodable(), 0U);
  EXPECT_EQ(replayed.text(), live.text());
}

std::vector<Event> events_of(const Scenario& scenario) {
  std::vector<Event> events;
  Story story([&](const Event& event) { events.push_back(event); });
  scenario.tell(story);
  return events;
}

std::string verdicts_of(const Scenario& scenario, const std::vector<Event>& events) {
  Lines lines(scenario);
  for (const Event& event : events) {
    lines.observe(event);
  }
  return lines.verdicts();
}

TEST_P(Stories, keeps_its_verdicts_when_records_come_twice) {
  const std::vector<Event> events = events_of(GetParam());
  std::vector<Event> doubled;
  for (const Event& event : events) {
    doubled.insert(doubled.end(), origin_of(event) != nullptr ? 2 : 1, event);
  }
  EXPECT_EQ(verdicts_of(GetParam(), doubled), verdicts_of(GetParam(), events));
}

TEST_P(Stories, keeps_its_verdicts_when_neighbours_swap) {
  const std::vector<Event> events = events_of(GetParam());
  const std::string expected = verdicts_of(GetParam(), events);
  for (std::size_t i = 1; i < events.size(); ++i) {
    // Facts are made in order; records of different rings meet within the bound of the merge.
    if (origin_of(events[i]) == nullptr || origin_of(events[i - 1]) == nullptr ||
        time_of(events[i]) - time_of(events[i - 1]) > 1ms) {
      continue;
    }
    std::vector<Event> swapped = events;
    std::swap(swapped[i], swapped[i - 1]);
    EXPECT_EQ(verdicts_of(GetParam(), swapped), expected) << "events " << i - 1 << " and " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Stories, ::testing::ValuesIn(all_stories()), [](const auto& story) {
  return std::string(story.param.name);
});

TEST(Golden, has_no_lines_without_a_story) {
  std::set<std::string> names;
  for (const Scenario& scenario : all_stories()) {
    EXPECT_TRUE(names.insert(std::string(scenario.name) + ".jsonl").second) << scenario.name;
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(in_project("tests/scenarios/golden"))) {
    EXPECT_TRUE(names.contains(entry.path().filename())) << entry.path();
  }
}

}  // namespace
}  // namespace reloadtrace::testing
