// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "tests/unit/sink/reports.h"
#include "userspace/sink/json_sink.h"

namespace reloadtrace {
namespace {

using namespace test;
using Json = nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// Empty when `line` is valid; else where it is not, and why.
std::string complaint(const Json& line) {
  static valijson::Schema schema;  // neither copied nor moved
  static const bool parsed = [] {
    const Json text = Json::parse(json_schema());
    valijson::SchemaParser().populateSchema(NlohmannJsonAdapter(text), schema);
    return true;
  }();
  EXPECT_TRUE(parsed);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(schema, NlohmannJsonAdapter(line), &results)) {
    return {};
  }
  std::string text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& step : error.context) {
      text += step;
    }
    text += ": " + error.description + "\n";
  }
  return text.empty() ? "invalid" : text;
}

Json line(const Report& report) {
  return Json::parse(json_line(report, session()));
}

std::vector<Report> one_of_each() {
  ReloadReport bare = stale();
  bare.process.reset();
  bare.reader = host_process(555, "nginx");
  bare.volume = directory();
  ReloadReport hidden = reloaded();
  hidden.volume = secret();
  ReloadReport crowded = stale();
  crowded.processes = {
      {{1, "sh", ""}, ProcessState::Untouched, true, {}, {}},
      {{2, "nginx", "/usr/sbin/nginx"}, ProcessState::Old, false, reloaded().files, {"a of b"}}};
  EventReport signal = opened(configmap());
  signal.event = "signal";
  signal.text = {{"signal", "SIGHUP"}, {"sender", "sh"}, {"file", ""}, {"generation", ""}};
  signal.numbers = {{"sender_pid", 7}, {"fd", 0}, {"size", 0}};
  EventReport lone;
  lone.event = "exit";
  LossReport timeless;
  return {start(),
          PublishReport{configmap(), publish(), 3},
          reloaded(),
          stale(),
          bare,
          hidden,
          crowded,
          signal,
          reader(),
          opened(configmap()),
          lone,
          opened(secret()),
          loss(),
          timeless,
          shed(),
          stop(),
          PublishReport{directory(), {}, 0}};
}

TEST(Schema, accepts_a_line_of_every_kind) {
  for (const Report& report : one_of_each()) {
    const Json one = line(report);
    EXPECT_EQ(complaint(one), "") << one;
  }
}

TEST(Schema, accepts_a_line_that_was_cut) {
  ReloadReport report = reloaded();
  report.files.assign(5000, {"app.yaml", kNew, 812, 812, true});
  const Json one = line(report);
  ASSERT_TRUE(one.contains("truncated"));
  EXPECT_EQ(complaint(one), "");
}

TEST(Schema, refuses_a_field_that_it_does_not_know) {
  for (const Report& report : one_of_each()) {
    Json one = line(report);
    one["volumme"] = Json::object();
    EXPECT_NE(complaint(one), "") << one;
  }
}

TEST(Schema, refuses_a_line_without_one_of_its_fields) {
  for (const Report& report : one_of_each()) {
    const Json whole = line(report);
    for (const auto& [name, value] : whole.items()) {
      const bool detail =
          whole["kind"] == "event" &&
          (name == "file" || name == "generation" || name == "fd" || name == "size" ||
           name == "signal" || name == "sender" || name == "sender_pid");
      if (!detail) {
        Json one = whole;
        one.erase(name);
        EXPECT_NE(complaint(one), "") << "without " << name;
      }
    }
  }
}

TEST(Schema, refuses_values_outside_the_contract) {
  const auto refuses = [](const Report& report, const char* pointer, const Json& value) {
    Json one = line(report);
    one[Json::json_pointer(pointer)] = value;
    EXPECT_NE(complaint(one), "") << pointer << " = " << value;
  };
  refuses(reloaded(), "/schema", 2);
  refuses(reloaded(), "/kind", "reloaded");
  refuses(reloaded(), "/time", "2026-11-22T12:00:00Z");
  refuses(reloaded(), "/verdict", "applied");
  refuses(reloaded(), "/cause", "no_idea");
  refuses(reloaded(), "/confidence", "high");
  refuses(reloaded(), "/volume/kind", "config-map");
  refuses(reloaded(), "/volume/sizes", 1);
  refuses(reloaded(), "/reader/kind", "pod");
  refuses(reloaded(), "/reader/pid", 1);
  refuses(reloaded(), "/trigger/kind", "guess");
  refuses(reloaded(), "/latency_ms/read", -1.0);
  refuses(reloaded(), "/files/0/complete", nullptr);
  ReloadReport crowded = stale();
  crowded.processes = {{{1, "sh", ""}, ProcessState::Old, false, {}, {"a of b"}}};
  refuses(crowded, "/processes/0/state", "fresh");
  refuses(crowded, "/processes/0/holds/0", 1);
  refuses(crowded, "/processes/0/bytes", 1);
  refuses(start(), "/hooks/open", "kprobe");
  refuses(reader(), "/can_reload", "maybe");
  refuses(loss(), "/lost/ring_full", "many");
}

TEST(Schema, knows_every_verdict_and_cause_that_the_engine_has) {
  for (int v = 0; v <= static_cast<int>(Verdict::Pending); ++v) {
    ReloadReport report = reloaded();
    report.verdict = static_cast<Verdict>(v);
    EXPECT_EQ(complaint(line(report)), "");
  }
  for (int c = 0; c <= static_cast<int>(kLastCause); ++c) {
    ReloadReport report = stale();
    report.cause = static_cast<Cause>(c);
    EXPECT_EQ(complaint(line(report)), "");
  }
  for (int t = 0; t <= static_cast<int>(TriggerKind::Unknown); ++t) {
    ReloadReport report = reloaded();
    report.trigger = TriggerInfo{static_cast<TriggerKind>(t), ""};
    EXPECT_EQ(complaint(line(report)), "");
  }
}

}  // namespace
}  // namespace reloadtrace
