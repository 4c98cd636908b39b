// SPDX-License-Identifier: Apache-2.0
// What was lost, and what of it can be blamed on nobody.
#include <array>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

void burst_of_losses(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.lose(LossCause::ActivityRingFull, 1200);
  story.lose(LossCause::FactsRingFull, 3);
  story.lose(LossCause::ReadFault, 1);
  one.come_to_deadline();
  story.pass(1s);
  story.publish(*one.config);  // nothing is lost any more
  story.pass(1ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void loss_that_hides_nothing(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.lose(LossCause::Truncated);
  one.come_to_deadline();
  story.end();
}

void reread_seen_in_spite_of_a_loss(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.lose(LossCause::ActivityRingFull, 8);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void hook_missing(Story& story) {
  story.begin(Story::hooks_without("mmap"));
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  story.ready();
  story.publish(config);
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

void nobody_to_look_at(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(Story::kDeadline);
  story.deliver(InspectedFact{story.tick(), one.app.main.tgid, false});
  story.end();
}

// The only open of the file that it uses was lost, an hour ago.
void use_hidden_by_a_loss(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map({{"app.yaml", "one"}, {"other.yaml", "one"}});
  const auto app = story.container("app", {&config});
  story.ready();
  story.lose(LossCause::ActivityRingFull, 3);
  story.pass(3600s);
  story.publish(config, {{"app.yaml", "one"}, {"other.yaml", "two"}});
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

// It uses two files, of which one is known: it rereads the other one.
void half_of_the_uses_hidden_by_a_loss(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map({{"app.yaml", "one"}, {"other.yaml", "one"}});
  const auto app = story.container("app", {&config});
  story.ready();
  story.reread(app.main, config, "app.yaml");
  story.lose(LossCause::ActivityRingFull, 3);
  story.pass(3600s);
  story.publish(config, {{"app.yaml", "two"}, {"other.yaml", "two"}});
  story.pass(1ms);
  story.reread(app.main, config, "other.yaml");
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

// Its rename was lost: the node finds it seconds later, by comparing.
void come_to_be_found(Story& story, StoryVolume& config, const StoryGeneration& next) {
  story.pass(2s);
  PublishFact found = story.publish_fact(config, next);
  found.at = story.tick();
  found.writer_tgid = 0;
  found.writer_comm.clear();
  story.deliver(found);
}

void publish_found_after_its_reread(Story& story) {
  OneReader one(story);
  StoryGeneration next = story.prepare(*one.config, {{"app.yaml", "level: debug"}});
  story.lose(LossCause::FactsRingFull, 1);
  story.pass(5ms);
  story.reread(one.app.main, *one.config, next, "app.yaml");
  come_to_be_found(story, *one.config, next);
  story.end();
}

// What told it was lost, too: the notice that is known told of the publish before.
void told_by_what_was_lost(Story& story) {
  OneReader one(story);
  const auto watch = story.watch(one.app.main, *one.config, "", kDirectoryMask);
  story.publish(*one.config);
  story.notify_of_swap(watch, *one.config);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.pass(60s);
  StoryGeneration next = story.prepare(*one.config, {{"app.yaml", "three"}});
  story.lose(LossCause::FactsRingFull, 2);
  story.pass(5ms);
  story.reread(one.app.main, *one.config, next, "app.yaml");
  come_to_be_found(story, *one.config, next);
  story.end();
}

// Of the preparation nothing was seen, and a recursive watcher reads the new directory before the
// swap.
void preparation_lost(Story& story) {
  OneReader one(story);
  Story unseen([](const Event&) {});
  StoryGeneration next = unseen.prepare(*one.config, {{"app.yaml", "level: debug"}});
  story.lose(LossCause::FactsRingFull, 1);
  story.pass(30ms);
  story.reread(one.app.main, *one.config, next, "app.yaml");
  story.pass(70ms);
  story.swap(*one.config, next);
  one.come_to_deadline();
  story.end();
}

// A shell in the container whose beginning was lost: perhaps somebody's `kubectl exec`.
void observer_lost_at_its_start(Story& story) {
  OneReader one(story, {{"app.yaml", "one"}, {"other.yaml", "one"}});
  StoryProcess shell = one.app.main;
  shell.tgid = 4711;
  shell.comm = "sh";
  shell.started = story.now();
  story.lose(LossCause::FactsRingFull, 1);
  story.pass(60s);
  story.publish(*one.config, {{"app.yaml", "two"}, {"other.yaml", "two"}});
  story.reread(shell, *one.config, "app.yaml");
  one.come_to_deadline();
  story.inspect(shell);
  story.end();
}

constexpr std::array kStories{
    Scenario{"burst_of_losses", burst_of_losses},
    Scenario{"loss_that_hides_nothing", loss_that_hides_nothing},
    Scenario{"reread_seen_in_spite_of_a_loss", reread_seen_in_spite_of_a_loss},
    Scenario{"use_hidden_by_a_loss", use_hidden_by_a_loss},
    Scenario{"half_of_the_uses_hidden_by_a_loss", half_of_the_uses_hidden_by_a_loss},
    Scenario{"publish_found_after_its_reread", publish_found_after_its_reread},
    Scenario{"told_by_what_was_lost", told_by_what_was_lost},
    Scenario{"preparation_lost", preparation_lost},
    Scenario{"observer_lost_at_its_start", observer_lost_at_its_start},
    Scenario{"hook_missing", hook_missing},
    Scenario{"nobody_to_look_at", nobody_to_look_at},
};

}  // namespace

std::span<const Scenario> loss_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
