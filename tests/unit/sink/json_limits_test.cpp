// SPDX-License-Identifier: Apache-2.0
// What must hold for a line whatever was put into it: valid, short enough, no secret told.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/sink/reports.h"
#include "userspace/sink/json_sink.h"

namespace reloadtrace {
namespace {

using namespace test;
using Json = nlohmann::json;

constexpr std::size_t kMaxLine = 65'536;

std::string line(const Report& report) {
  return json_line(report, session());
}

ReloadReport with_files(std::size_t count) {
  ReloadReport report = reloaded();
  report.files.assign(count, {"a_file_of_a_rather_large_config_map.yaml", kNew, 1, 1, true});
  report.publish.changed.assign(count, {"a_file_of_a_rather_large_config_map.yaml", "modified"});
  return report;
}

TEST(JsonLimits, keep_a_long_list_whole_while_the_line_has_room) {
  const Json parsed = Json::parse(line(with_files(200)));
  EXPECT_EQ(parsed["files"].size(), 200U);
  EXPECT_FALSE(parsed.contains("truncated"));
}

TEST(JsonLimits, cut_lists_and_say_so_when_the_line_would_be_longer_than_64_KiB) {
  const std::string text = line(with_files(5000));
  EXPECT_LE(text.size(), kMaxLine);
  EXPECT_GT(text.size(), kMaxLine / 4);
  const Json parsed = Json::parse(text);
  EXPECT_EQ(parsed["truncated"], true);
  EXPECT_EQ(parsed["files"][0]["file"], "a_file_of_a_rather_large_config_map.yaml");
  EXPECT_EQ(parsed["evidence"], reloaded().evidence);
}

TEST(JsonLimits, cut_a_sentence_between_characters_when_it_alone_is_too_long) {
  ReloadReport report = reloaded();
  for (int i = 0; i < 50'000; ++i) {
    report.evidence += "ä";
  }
  const std::string text = line(report);
  EXPECT_LE(text.size(), kMaxLine);
  const Json parsed = Json::parse(text);
  EXPECT_EQ(parsed["truncated"], true);
  EXPECT_EQ(text.find("\xef\xbf\xbd"), std::string::npos);  // no replacement character
}

TEST(JsonLimits, hold_when_every_name_is_hostile) {
  const std::string hostile(9000, '\x01');  // six bytes each in JSON
  ReloadReport report = with_files(3000);
  for (std::string* name :
       {&report.volume.name, &report.volume.path, &report.volume.host_path, &report.reader.name,
        &report.reader.pod, &report.evidence, &report.advice}) {
    *name = hostile;
  }
  const std::string text = line(report);
  EXPECT_LE(text.size(), kMaxLine);
  EXPECT_EQ(Json::parse(text)["verdict"], "reloaded");
}

TEST(JsonLimits, hold_for_maps_too) {
  StopReport report = stop();
  for (int i = 0; i < 5000; ++i) {
    report.lost["a_cause_of_loss_" + std::to_string(i)] = 1;
  }
  const std::string text = line(report);
  EXPECT_LE(text.size(), kMaxLine);
  EXPECT_EQ(Json::parse(text)["truncated"], true);
}

TEST(JsonLimits, replace_bytes_that_are_no_UTF_8) {
  ReloadReport report = reloaded();
  report.reader.name = "caf\xe9";
  report.process->comm = "a\nb\x1b[31m\"";
  report.processes = {{{7, "\xff", ""}, ProcessState::Old, false, {}, {"c\n\xfe\x1b"}}};
  const std::string text = line(report);
  EXPECT_NE(text.find("\"container\":\"caf\xef\xbf\xbd\""), std::string::npos);
  EXPECT_NE(text.find(R"("comm":"a\nb\u001B[31m\"")"), std::string::npos);
  EXPECT_NE(text.find("\"pid\":7,\"comm\":\"\xef\xbf\xbd\""), std::string::npos);
  EXPECT_NE(text.find("\"holds\":[\"c\\n\xef\xbf\xbd\\u001B\"]"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(JsonLimits, never_tell_the_size_of_a_secret) {
  ReloadReport report = reloaded();
  report.volume = secret();
  report.evidence = "read tls.key to its end";
  report.files = {{"tls.key", kNew, 1704, 1704, true}};
  report.processes = {{{7, "sh", ""}, ProcessState::Reread, false, report.files, {}}};
  const std::string text = line(report);
  EXPECT_EQ(text.find("1704"), std::string::npos);
  EXPECT_NE(text.find(R"("bytes":null,"size":null,"complete":true)"), std::string::npos);
}

TEST(JsonLimits, withhold_numbers_of_a_secrets_events_unless_known_to_be_harmless) {
  EventReport report = opened(secret());
  report.numbers = {{"fd", 7}, {"count", 3}, {"bytes", 1704}, {"something_new", 1704}};
  const std::string text = line(report);
  EXPECT_EQ(text.find("1704"), std::string::npos);
  EXPECT_NE(text.find(R"("fd":7,"count":3,"bytes":null,"something_new":null)"), std::string::npos);
}

}  // namespace
}  // namespace reloadtrace
