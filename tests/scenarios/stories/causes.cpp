// SPDX-License-Identifier: Apache-2.0
// One story for each cause.
#include <array>
#include <cerrno>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

void subpath_pinned(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container_with("exporter", {Story::sub_path(config, "app.yaml")});
  story.ready();
  story.reread(app.main, config, "app.yaml");
  story.pass(60s);
  story.publish(config);
  story.end();
}

void no_watcher(Story& story) {
  OneReader one(story);
  story.pass(3h);
  story.publish(*one.config);
  one.come_to_deadline();
  story.end();
}

void watch_lost(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask);
  story.publish(*one.config);
  story.pass(900us);
  story.notify_of_death(watch);
  one.come_to_deadline();
  story.end();
}

void watch_on_symlink(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "app.yaml", kFileMask | IN_DONT_FOLLOW);
  story.publish(*one.config);
  one.come_to_deadline({watch});
  story.end();
}

void mask_misses_swap(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", IN_MODIFY);
  story.publish(*one.config);
  one.come_to_deadline({watch});
  story.end();
}

void event_ignored(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  story.publish(*one.config);
  story.pass(300us);
  story.notify_of_swap(watch, *one.config);
  one.come_to_deadline({watch});
  story.end();
}

void event_not_consumed(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  story.publish(*one.config);
  one.come_to_deadline({watch});
  story.end();
}

void queue_overflow(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  story.publish(*one.config);
  story.pass(2s);
  story.deliver(NotifyEvent{story.origin(one.app.main), watch.fact.fd, -1, IN_Q_OVERFLOW, ""});
  one.come_to_deadline({watch});
  story.end();
}

void read_too_early(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  auto next = story.prepare(*one.config, {{"app.yaml", "level: debug"}});
  story.notify(watch, IN_CREATE | IN_ISDIR, next.fact.name);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.pass(19ms);
  story.swap(*one.config, next);
  one.come_to_deadline({watch});
  story.end();
}

void held_old_fd(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  one.come_to_deadline({}, {Story::holds(*one.config, one.config->old, "app.yaml", 7)});
  story.end();
}

void held_old_fd_still_read(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(90s);
  story.read(one.app.main, *one.config, one.config->old, "app.yaml");
  one.come_to_deadline({}, {Story::holds(*one.config, one.config->old, "app.yaml", 7)});
  story.end();
}

void mapped_old_file(Story& story) {
  OneReader one(story, {{"geo.mmdb", std::string(4000, 'g')}});
  story.map(one.app.main, *one.config, "geo.mmdb");
  story.publish(*one.config, {{"geo.mmdb", std::string(4000, 'h')}});
  one.come_to_deadline({}, {Story::holds(*one.config, one.config->old, "geo.mmdb", -1)});
  story.end();
}

void open_failed(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(5ms);
  story.fail_open(one.app.main, *one.config, "app.yaml", EACCES);
  one.come_to_deadline();
  story.end();
}

void open_failed_without_descriptors(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(5ms);
  story.fail_open(one.app.main, *one.config, "app.yaml", EMFILE);
  one.come_to_deadline();
  story.end();
}

void dangling_link(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(1ms);
  story.fail_open(one.app.main, *one.config, "app.yaml", ENOENT);
  one.come_to_deadline();
  story.end();
}

void incomplete_read(Story& story) {
  OneReader one(story);
  story.publish(*one.config, {{"app.yaml", std::string(812, 'x')}});
  story.pass(1ms);
  story.open(one.app.main, *one.config, "app.yaml");
  story.read_part(one.app.main, *one.config, "app.yaml", 0, 512);
  one.come_to_deadline();
  story.end();
}

void no_cause_without_watches(Story& story) {
  story.begin(Story::hooks_without("inotify"));
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  story.ready();
  story.publish(config);
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

constexpr std::array kStories{
    Scenario{"cause_subpath_pinned", subpath_pinned},
    Scenario{"cause_no_watcher", no_watcher},
    Scenario{"cause_watch_lost", watch_lost},
    Scenario{"cause_watch_on_symlink", watch_on_symlink},
    Scenario{"cause_mask_misses_swap", mask_misses_swap},
    Scenario{"cause_event_ignored", event_ignored},
    Scenario{"cause_event_not_consumed", event_not_consumed},
    Scenario{"cause_queue_overflow", queue_overflow},
    Scenario{"cause_read_too_early", read_too_early},
    Scenario{"cause_held_old_fd", held_old_fd},
    Scenario{"cause_held_old_fd_still_read", held_old_fd_still_read},
    Scenario{"cause_mapped_old_file", mapped_old_file},
    Scenario{"cause_open_failed", open_failed},
    Scenario{"cause_open_failed_without_descriptors", open_failed_without_descriptors},
    Scenario{"cause_dangling_link", dangling_link},
    Scenario{"cause_incomplete_read", incomplete_read},
    Scenario{"no_cause_without_watches", no_cause_without_watches},
};

}  // namespace

std::span<const Scenario> cause_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
