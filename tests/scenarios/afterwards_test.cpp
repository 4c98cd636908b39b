// SPDX-License-Identifier: Apache-2.0
// The lines of every story, as report and compare read them afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/places.h"
#include "userspace/compare/comparison_json.h"
#include "userspace/compare/fleet.h"
#include "userspace/lines/line_reader.h"
#include "userspace/report/history.h"
#include "userspace/report/page.h"
#include "userspace/report/page_data.h"
#include "userspace/report/trace_events.h"

namespace reloadtrace::testing {
namespace {

using nlohmann::json;

std::vector<std::filesystem::path> golden_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(in_project("tests/scenarios/golden"))) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What there is to be told: a publish and reader each, whatever came of it in the end.
std::size_t readers_judged_in(const std::filesystem::path& file) {
  std::set<std::string> judged;
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    const json line = json::parse(text);
    if (line.at("kind") == "reload") {
      judged.insert(json{line.at("reader"), line.at("volume").at("host_path"),
                         line.at("publish").at("time"), line.at("publish").at("to")}
                        .dump());
    }
  }
  return judged.size();
}

class Afterwards : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Afterwards, all_verdicts_are_in_the_report_and_in_the_comparison) {
  Flaws flaws;
  auto reader =
      LineReader::open(GetParam(), {LineKind::Publish, LineKind::Reload, LineKind::Loss}, flaws);
  ASSERT_TRUE(reader) << reader.error().message;
  History history;
  Fleet fleet;
  while (const Line* line = reader->next()) {
    history.observe(*line);
    fleet.observe(*line);
  }
  EXPECT_FALSE(flaws.any()) << flaws.sentences().front();
  history.arrange();

  const std::size_t judged = readers_judged_in(GetParam());
  const json data = json::parse(page_data(history, "golden", "1.0"));
  EXPECT_EQ(data.at("verdicts").size(), judged);
  for (const json& verdict : data.at("verdicts")) {
    EXPECT_TRUE(verdict.contains("verdict") && verdict.contains("evidence") &&
                verdict.contains("reader"))
        << verdict;
  }
  EXPECT_GT(html_page(history, "golden", "1.0").size(), 20'000U);
  std::size_t spans = 0;
  const json trace = json::parse(trace_events(history, "golden", "1.0"));
  for (const json& event : trace.at("traceEvents")) {
    spans += event.at("ph") == "X" && event.at("args").contains("evidence") ? 1U : 0U;
  }
  EXPECT_EQ(spans, judged);
  const json comparison = json::parse(to_json(fleet.conclude()));
  EXPECT_LE(comparison.at("readers").get<std::size_t>(), judged);
}

INSTANTIATE_TEST_SUITE_P(Golden,
                         Afterwards,
                         ::testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace reloadtrace::testing
