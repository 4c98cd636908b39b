// SPDX-License-Identifier: Apache-2.0
// --container, --pid, --events.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> readers_judged(EngineOptions options) {
  ToldEngine told(std::move(options));
  Story story([&](const Event& event) { told.engine.observe(event); });
  story.begin();
  StoryVolume& config = story.git_volume();
  story.container("app", {&config});      // main process 100
  story.container("sidecar", {&config});  // 101
  const auto host = story.process("host");
  story.reread(host, config, "app.yaml");
  story.ready();
  story.publish(config);
  story.end();
  std::vector<std::string> names;
  for (const std::string& verdict : told.verdicts()) {
    names.push_back(verdict.substr(0, verdict.find(':')));
  }
  return names;
}

EngineOptions only(std::vector<std::string> containers, std::vector<std::uint32_t> pids = {}) {
  EngineOptions options;
  options.selection.containers = std::move(containers);
  options.selection.pids = std::move(pids);
  return options;
}

TEST(Selection, judges_everybody_when_nothing_is_selected) {
  EXPECT_THAT(readers_judged({}), ElementsAre("app", "sidecar", "host"));
}

TEST(Selection, takes_a_container_by_its_name) {
  EXPECT_THAT(readers_judged(only({"sidecar"})), ElementsAre("sidecar"));
}

TEST(Selection, takes_a_container_by_its_id_or_a_prefix_of_twelve) {
  const std::string id = fmt::format("{:064x}", 0xc0ffee0000ULL + 7001);
  EXPECT_THAT(readers_judged(only({id})), ElementsAre("sidecar"));
  EXPECT_THAT(readers_judged(only({id.substr(0, 60)})), ElementsAre("app", "sidecar"));
  EXPECT_THAT(readers_judged(only({id.substr(0, 11)})), ElementsAre());
}

TEST(Selection, takes_a_process_or_the_container_that_it_runs_in) {
  EXPECT_THAT(readers_judged(only({}, {102})), ElementsAre("host"));
  EXPECT_THAT(readers_judged(only({}, {100})), ElementsAre("app"));
}

TEST(Selection, takes_all_that_pass_any_of_several) {
  EXPECT_THAT(readers_judged(only({"app", "nobody"}, {102})), ElementsAre("app", "host"));
}

TEST(Selection, takes_a_container_that_appears_later) {
  ToldEngine told(only({"late"}));
  Story story([&](const Event& event) { told.engine.observe(event); });
  story.begin();
  StoryVolume& config = story.config_map();
  story.ready();
  EXPECT_EQ(told.engine.readers(), 0U);
  story.container("late", {&config});
  EXPECT_EQ(told.engine.readers(), 1U);
}

TEST(Selection, counts_in_the_start_line_only_readers_that_are_judged) {
  ToldEngine told(only({"app"}));
  Story story([&](const Event& event) { told.engine.observe(event); });
  story.begin();
  StoryVolume& config = story.config_map();
  story.container("app", {&config});
  story.container("sidecar", {&config});
  story.ready();
  const auto& start = std::get<StartReport>(told.reports.back());
  EXPECT_EQ(start.readers, 1U);
  EXPECT_EQ(start.volumes, 1U);
}

TEST(Evidence, is_said_event_by_event_when_it_was_asked_for) {
  EngineOptions options;
  options.evidence = true;
  ToldEngine told(options);
  Story story([&](const Event& event) { told.engine.observe(event); });
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  story.ready();
  const auto watch = story.watch(app.main, config, "", kDirectoryMask);
  story.publish(config);
  story.notify(watch, IN_MOVED_TO, "..data");
  story.reread(app.main, config, "app.yaml");
  story.exit(app.main);
  std::vector<std::string> said;
  for (const Report& report : told.reports) {
    if (const auto* event = std::get_if<EventReport>(&report)) {
      said.push_back(event->event);
    }
  }
  EXPECT_THAT(said, ElementsAre("watch_add", "notify", "open", "read", "read", "exit"));
  EXPECT_EQ(told.count<ReaderReport>(), 1U);
}

TEST(Evidence, does_not_tell_how_long_a_secret_is) {
  EngineOptions options;
  options.evidence = true;
  ToldEngine told(options);
  Story story([&](const Event& event) { told.engine.observe(event); });
  story.begin();
  StoryVolume& secret =
      story.atomic_volume(VolumeKind::Secret, "tls", {{"tls.key", std::string(1717, 'k')}});
  const auto app = story.container("app", {&secret});
  story.publish(secret, {{"tls.key", std::string(1818, 'k')}});
  story.reread(app.main, secret, "tls.key");
  for (const Report& report : told.reports) {
    if (const auto* event = std::get_if<EventReport>(&report)) {
      EXPECT_TRUE(event->numbers.empty());
    }
    if (const auto* reload = std::get_if<ReloadReport>(&report)) {
      EXPECT_EQ(reload->evidence.find("1818"), std::string::npos) << reload->evidence;
    }
  }
  EXPECT_THAT(told.verdicts(), ElementsAre("app: reloaded"));
}

}  // namespace
}  // namespace reloadtrace::testing
