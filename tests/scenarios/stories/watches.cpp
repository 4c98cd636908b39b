// SPDX-License-Identifier: Apache-2.0
// What each kind of watch receives of two swaps, as measured: IN_IGNORED ends it without a system
// call of the application, a file held open keeps it silent, a link is never told anything.
#include <array>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

void publish_and_wait(OneReader& one,
                      const std::vector<StoryWatch>& watches,
                      const std::vector<HeldFact>& held = {}) {
  one.come_to_deadline(watches, held);
  one.story.pass(60s);
}

void on_directory(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  for (int swap = 0; swap < 2; ++swap) {
    story.publish(*one.config);
    story.pass(280us);
    story.notify_of_swap(watch, *one.config);
    story.reread(one.app.main, *one.config, "app.yaml");
    story.pass(60s);
  }
  story.end();
}

// So busy a machine that the new file was there when its application came to open it.
void told_by_the_preparation(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  auto next = story.prepare(*one.config, {{"app.yaml", "level: debug"}});
  story.notify(watch, IN_CREATE | IN_ISDIR, next.fact.name);
  story.pass(6ms);
  story.swap(*one.config, next);
  story.pass(1ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

// Its directory was made before the trace began, and its publisher was preempted within the rename:
// all was reread before that returned.
void reread_within_the_rename(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  Story unseen([](const Event&) {});
  const StoryGeneration next = unseen.prepare(*one.config, {{"app.yaml", "level: debug"}});
  story.pass(30ms);
  story.notify(watch, IN_MOVED_TO, "..data");
  story.reread(one.app.main, *one.config, next, "app.yaml");
  story.pass(3ms);
  story.swap(*one.config, next);
  story.pass(1ms);
  story.notify(watch, IN_DELETE | IN_ISDIR, one.config->old.fact.name);
  one.come_to_deadline({watch});
  story.end();
}

void on_file(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask);
  story.publish(*one.config);
  story.notify_of_death(watch);
  publish_and_wait(one, {});
  story.publish(*one.config);
  publish_and_wait(one, {});
  story.end();
}

void on_file_held_open(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask);
  const StoryGeneration first = one.config->now;
  story.publish(*one.config);
  story.notify(watch, IN_ATTRIB);
  publish_and_wait(one, {watch}, {Story::holds(*one.config, first, "app.yaml", 7)});
  story.publish(*one.config);
  publish_and_wait(one, {watch}, {Story::holds(*one.config, first, "app.yaml", 7)});
  story.end();
}

void on_link_of_file(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask | IN_DONT_FOLLOW);
  for (int swap = 0; swap < 2; ++swap) {
    story.publish(*one.config);
    publish_and_wait(one, {watch});
  }
  story.end();
}

void on_target_of_data(Story& story) {
  OneReader one(story);
  const auto watch =
      story.watch(one.app.main, *one.config, "..data", IN_DELETE | IN_DELETE_SELF | IN_CREATE);
  story.publish(*one.config);
  story.notify(watch, IN_DELETE, "app.yaml");
  story.notify_of_death(watch);
  publish_and_wait(one, {});
  story.publish(*one.config);
  publish_and_wait(one, {});
  story.end();
}

void on_data_itself(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "..data", kFileMask | IN_DONT_FOLLOW);
  story.publish(*one.config);
  story.notify_of_death(watch);
  publish_and_wait(one, {});
  story.publish(*one.config);
  publish_and_wait(one, {});
  story.end();
}

void on_bound_file(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container_with("exporter", {Story::sub_path(config, "app.yaml")});
  story.ready();
  const auto watch = story.watch(app.main, config, "app.yaml", kFileMask);
  story.publish(config);
  story.notify(watch, IN_ATTRIB);  // the mount keeps the inode: no IN_DELETE_SELF
  story.pass(180s);
  story.publish(config);
  story.end();
}

void works_once(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask);
  story.publish(*one.config);
  story.pass(1ms);
  story.notify_of_death(watch);
  story.reread(one.app.main, *one.config, "app.yaml");
  for (int swap = 2; swap <= 3; ++swap) {
    story.pass(60s);
    story.publish(*one.config);
    one.come_to_deadline();
  }
  story.end();
}

void armed_again(Story& story) {
  OneReader one(story);
  auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask);
  for (int swap = 1; swap <= 3; ++swap) {
    story.publish(*one.config);
    story.pass(1ms);
    story.notify_of_death(watch);
    watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask);
    story.reread(one.app.main, *one.config, "app.yaml");
    story.pass(60s);
  }
  story.end();
}

constexpr std::array kStories{
    Scenario{"watch_on_directory", on_directory},
    Scenario{"watch_told_by_the_preparation", told_by_the_preparation},
    Scenario{"reread_within_the_rename", reread_within_the_rename},
    Scenario{"watch_on_file", on_file},
    Scenario{"watch_on_file_held_open", on_file_held_open},
    Scenario{"watch_on_link_of_file", on_link_of_file},
    Scenario{"watch_on_target_of_data", on_target_of_data},
    Scenario{"watch_on_data_itself", on_data_itself},
    Scenario{"watch_on_bound_file", on_bound_file},
    Scenario{"watch_works_once", works_once},
    Scenario{"watch_armed_again", armed_again},
};

}  // namespace

std::span<const Scenario> watch_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
