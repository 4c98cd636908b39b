// SPDX-License-Identifier: Apache-2.0
// The ways in which new content becomes visible.
#include <array>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

void git_sync(Story& story) {
  story.begin();
  StoryVolume& git = story.git_volume({{"conf.d/app.yaml", "one"}});
  const auto app = story.container("app", {&git});
  story.ready();
  story.reread(app.main, git, "conf.d/app.yaml");
  for (const char* content : {"two", "three"}) {
    story.pass(30s);
    story.publisher() = {901, {1'000'000'000}, "git-sync", "/git-sync", 1, "", 1};
    story.publish(git, {{"conf.d/app.yaml", content}});
    story.pass(40ms);
    story.reread(app.main, git, "conf.d/app.yaml");
  }
  story.end();
}

void vault_agent(Story& story) {
  story.begin();
  StoryVolume& secrets = story.plain_directory({{"db.json", "one"}, {"other.json", "one"}});
  const auto app = story.container("app", {&secrets});
  const auto pinned = story.container_with("pinned", {Story::sub_path(secrets, "db.json")});
  story.ready();
  story.reread(app.main, secrets, "db.json");
  story.reread(pinned.main, secrets, "db.json");
  const auto watch = story.watch(app.main, secrets, "db.json", kFileMask);
  story.publisher() = {901, {1'000'000'000}, "vault", "/bin/vault", 1, "", 1};
  story.rename_onto(secrets, "db.json", "two");
  story.notify_of_death(watch);
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

void written_in_place(Story& story) {
  story.begin();
  StoryVolume& config = story.plain_directory();
  const auto good = story.container("app", {&config});
  const auto deaf = story.container("deaf", {&config});
  story.ready();
  story.reread(good.main, config, "app.yaml");
  story.reread(deaf.main, config, "app.yaml");
  const auto heard = story.watch(good.main, config, "app.yaml", IN_MODIFY | IN_CLOSE_WRITE);
  const auto missed = story.watch(deaf.main, config, "", IN_MOVED_TO);
  story.publisher() = {901, {1'000'000'000}, "bash", "/bin/bash", 1, "", 1};
  story.write_in_place(config, "app.yaml", "level: debug");
  story.notify(heard, IN_MODIFY);
  story.notify(heard, IN_CLOSE_WRITE);
  story.reread(good.main, config, "app.yaml");
  story.pass(Story::kDeadline);
  story.inspect(deaf.main, {missed});
  story.end();
}

void keys_come_and_go(Story& story) {
  OneReader one(story, {{"a.yaml", "one"}, {"b.yaml", "one"}});
  story.publish(*one.config, {{"a.yaml", "two"}, {"c.yaml", "one"}});
  story.pass(1ms);
  story.reread(one.app.main, *one.config, "a.yaml");
  story.end();
}

void two_within_a_millisecond(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  story.publish(*one.config, {{"app.yaml", "level: debug"}});
  story.publish(*one.config, {{"app.yaml", "level: trace"}});
  story.notify_of_swap(watch, *one.config);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void read_before_the_swap_by_a_recursive_watcher(Story& story) {
  OneReader one(story);
  auto next = story.prepare(*one.config, {{"app.yaml", "level: debug"}});
  story.pass(3ms);
  story.reread(one.app.main, *one.config, next, "app.yaml");
  story.pass(5ms);
  story.swap(*one.config, next);
  story.end();
}

void contents_gone_before_they_were_compared(Story& story) {
  OneReader one(story);
  auto fact =
      story.publish_fact(*one.config, story.prepare(*one.config, {{"app.yaml", "level: debug"}}));
  fact.contents_known = false;
  fact.at = story.tick();
  story.deliver(fact);
  one.come_to_deadline();
  story.end();
}

constexpr std::array kStories{
    Scenario{"git_sync", git_sync},
    Scenario{"vault_agent", vault_agent},
    Scenario{"written_in_place", written_in_place},
    Scenario{"keys_come_and_go", keys_come_and_go},
    Scenario{"two_within_a_millisecond", two_within_a_millisecond},
    Scenario{"read_before_the_swap_by_a_recursive_watcher",
             read_before_the_swap_by_a_recursive_watcher},
    Scenario{"contents_gone_before_they_were_compared", contents_gone_before_they_were_compared},
};

}  // namespace

std::span<const Scenario> publisher_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
