// SPDX-License-Identifier: Apache-2.0
// One story for each verdict.
#include <array>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

const Contents kPair{{"tls.crt", "certificate one"}, {"tls.key", "key one"}};
const Contents kNextPair{{"tls.crt", "certificate two"}, {"tls.key", "key two"}};

void reloaded(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  story.publish(*one.config);
  story.pass(400us);
  story.notify_of_swap(watch, *one.config);
  story.pass(1700us);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void late(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  one.come_to_deadline();
  story.pass(35s);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void partial(Story& story) {
  OneReader one(story, {{"app.yaml", "one"}, {"rules.yaml", "one"}});
  story.publish(*one.config, {{"app.yaml", "two"}, {"rules.yaml", "two"}});
  story.pass(3ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  one.come_to_deadline();
  story.end();
}

void torn(Story& story) {
  OneReader one(story, kPair);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  auto next = story.prepare(*one.config, kNextPair);
  story.notify(watch, IN_CREATE | IN_ISDIR, next.fact.name);
  story.pass(1ms);
  story.reread(one.app.main, *one.config, "tls.crt");
  story.pass(2ms);
  story.swap(*one.config, next);
  story.reread(one.app.main, *one.config, "tls.key");
  one.come_to_deadline({watch});
  story.end();
}

void unchanged(Story& story) {
  OneReader one(story);
  Contents next = one.config->now.contents;
  next["feature-flags"] = "none";
  story.publish(*one.config, next);
  story.end();
}

void restarted(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(4s);
  story.exec(one.app.main, "app");
  story.pass(80ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void superseded(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(75s);
  story.publish(*one.config, {{"app.yaml", "level: trace"}});
  story.pass(1ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void exited(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(2s);
  story.exit(one.app.main);
  story.end();
}

// It hears of the swap inside the rename, whose end is seen when it has ended itself.
void exited_before_the_rename_returned(Story& story) {
  OneReader one(story);
  const StoryWatch watch = story.watch(one.app.main, *one.config, "", IN_MOVED_TO);
  StoryGeneration next = story.prepare(
      *one.config, Story::changed(one.config->now.contents, "app.yaml", "level: debug"));
  story.notify(watch, IN_MOVED_TO, "..data");
  story.gone(one.app);
  story.exit(one.app.main);
  story.pass(3ms);
  story.swap(*one.config, std::move(next));
  story.end();
}

// It had heard of nothing when it ended: it is no reader of what was published after it.
void ended_while_the_swap_was_prepared(Story& story) {
  OneReader one(story);
  story.watch(one.app.main, *one.config, "", IN_MOVED_TO);
  StoryGeneration next = story.prepare(
      *one.config, Story::changed(one.config->now.contents, "app.yaml", "level: debug"));
  story.gone(one.app);
  story.exit(one.app.main);
  story.pass(3ms);
  story.swap(*one.config, std::move(next));
  story.end();
}

void unknown_removed(Story& story) {
  OneReader one(story, {{"app.yaml", "one"}});
  story.publish(*one.config, {{"other.yaml", "one"}});
  story.end();
}

void unknown_reads_not_seen(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(2ms);
  story.open(one.app.main, *one.config, "app.yaml");
  one.come_to_deadline();
  story.end();
}

void pending(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(7s);
  story.end();
}

constexpr std::array kStories{
    Scenario{"reloaded", reloaded},
    Scenario{"late", late},
    Scenario{"partial", partial},
    Scenario{"torn", torn},
    Scenario{"unchanged", unchanged},
    Scenario{"restarted", restarted},
    Scenario{"superseded", superseded},
    Scenario{"exited", exited},
    Scenario{"exited_before_the_rename_returned", exited_before_the_rename_returned},
    Scenario{"ended_while_the_swap_was_prepared", ended_while_the_swap_was_prepared},
    Scenario{"unknown_removed", unknown_removed},
    Scenario{"unknown_reads_not_seen", unknown_reads_not_seen},
    Scenario{"pending", pending},
};

}  // namespace

std::span<const Scenario> verdict_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
