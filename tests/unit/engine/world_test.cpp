// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/world.h"

#include <gmock/gmock.h>

#include "tests/unit/engine/told_engine.h"
#include "userspace/engine/file_use.h"
#include "userspace/engine/watches.h"

namespace reloadtrace::testing {
namespace {

Origin origin_of_process(std::uint32_t tgid, std::uint64_t started, std::uint64_t cgroup = 1) {
  return {{started + 1}, {started}, cgroup, tgid, tgid, "app"};
}

class WorldTest : public ::testing::Test {
 protected:
  World world_{{}};
  Story story_{[this](const Event& event) {
    std::visit(
        [this]<class T>(const T& fact) {
          if constexpr (requires { world_.learn(fact); }) {
            world_.learn(fact);
          }
        },
        event);
  }};
};

TEST_F(WorldTest, takes_a_pid_that_was_used_again_for_a_new_process) {
  world_.process_of(origin_of_process(50, 1'000'000'000)).exe = "/bin/old";
  EXPECT_EQ(world_.process_of(origin_of_process(50, 1'000'000'000)).exe, "/bin/old");
  EXPECT_EQ(world_.process_of(origin_of_process(50, 9'000'000'000)).exe, "");
}

TEST_F(WorldTest, knows_a_process_again_whose_start_proc_gave_in_clock_ticks) {
  story_.deliver(
      ProcessFact{{1}, 50, {1'000'000'000}, 1, "app", "/bin/app", "", ProcessRole::Application});
  EXPECT_EQ(world_.process_of(origin_of_process(50, 1'009'876'543)).exe, "/bin/app");
}

TEST_F(WorldTest, makes_a_process_outside_containers_a_reader_by_its_first_use) {
  StoryVolume& config = story_.plain_directory();
  Process& process = world_.process_of(origin_of_process(50, 1'000'000'000));
  EXPECT_EQ(world_.reader_count(), 0U);
  EXPECT_NE(world_.usage_of(process, *world_.volume(config.fact.id)), nullptr);
  EXPECT_EQ(world_.reader_count(), 1U);
}

TEST_F(WorldTest, lets_a_container_read_only_what_it_mounts) {
  StoryVolume& config = story_.config_map();
  StoryVolume& other = story_.plain_directory();
  const auto app = story_.container("app", {&config});
  Process& process = *world_.process(app.main.tgid);
  EXPECT_NE(world_.usage_of(process, *world_.volume(config.fact.id)), nullptr);
  EXPECT_EQ(world_.usage_of(process, *world_.volume(other.fact.id)), nullptr);
}

TEST_F(WorldTest, puts_a_process_into_its_container_by_its_cgroup) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  Process& process = world_.process_of(origin_of_process(999, 1'000'000'000, app.main.cgroup));
  EXPECT_EQ(process.reader, world_.container(app.fact.id));
}

TEST_F(WorldTest, replaces_watches_by_what_a_look_found) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  Process& process = *world_.process(app.main.tgid);
  WatchAddEvent add{origin_of_process(app.main.tgid, 0), {}, "", 5, 1, IN_MOVED_TO};
  add.target.dev = config.fact.id.dev;
  add.target.volume_ino = add.target.ino = config.fact.id.ino;
  add_watch(process, add);
  ASSERT_NE(find_watch(process, 5, 1), nullptr);

  StoryWatch found;
  found.fact.fd = 6;
  found.fact.wd = 1;
  found.fact.volume = found.fact.target = config.fact.id;
  story_.inspect(app.main, {found}, {Story::holds(config, config.now, "app.yaml", 3)});
  EXPECT_EQ(find_watch(process, 5, 1), nullptr);
  EXPECT_NE(find_watch(process, 6, 1), nullptr);
  ASSERT_EQ(process.held.size(), 1U);

  story_.inspect(app.main);
  EXPECT_EQ(find_watch(process, 6, 1), nullptr);
  EXPECT_TRUE(process.held.empty());
}

TEST_F(WorldTest, keeps_what_it_knew_when_a_look_failed) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  story_.inspect(app.main, {}, {Story::holds(config, config.now, "app.yaml", 3)});
  story_.deliver(InspectedFact{story_.tick(), app.main.tgid, false});
  EXPECT_EQ(world_.process(app.main.tgid)->held.size(), 1U);
}

TEST_F(WorldTest, remembers_no_more_after_a_thousand_publishes_than_after_a_few) {
  StoryVolume& config = story_.config_map();
  const auto app = story_.container("app", {&config});
  for (int i = 0; i < 1000; ++i) {
    StoryGeneration next = story_.prepare(config, {{"app.yaml", std::to_string(i)}});
    auto publish = std::make_shared<Publish>();
    publish->fact = story_.publish_fact(config, next);
    publish->fact.at = story_.tick();
    publish->files["app.yaml"] = next.fact.files[0];
    Volume& volume = *world_.volume(config.fact.id);
    volume.preparing.try_emplace(next.child, story_.now());
    volume.preparing.try_emplace(next.fact.files[0].ino, story_.now());
    world_.publish(volume, publish);
    Process& process = *world_.process(app.main.tgid);
    use_of(*world_.usage_of(process, volume), volume, Story::file_ref(config, next, "app.yaml"),
           app.main.tgid, next.prefix + "app.yaml")
        .opened = story_.tick();
    story_.swap(config, next);
  }
  const Volume& volume = *world_.volume(config.fact.id);
  EXPECT_LT(volume.file_names.size(), 10U);
  EXPECT_LT(volume.preparing.size(), 10U);
  EXPECT_LT(volume.usages.at(0)->uses.size(), 10U);
}

TEST_F(WorldTest, removes_a_volume_from_all_its_readers) {
  StoryVolume& config = story_.config_map();
  story_.container("a", {&config});
  story_.container("b", {&config});
  EXPECT_EQ(world_.reader_count(), 2U);
  world_.remove_volume(config.fact.id);
  EXPECT_EQ(world_.reader_count(), 0U);
  EXPECT_EQ(world_.volume_count(), 0U);
}

}  // namespace
}  // namespace reloadtrace::testing
