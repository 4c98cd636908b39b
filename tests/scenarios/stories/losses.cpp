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

constexpr std::array kStories{
    Scenario{"burst_of_losses", burst_of_losses},
    Scenario{"loss_that_hides_nothing", loss_that_hides_nothing},
    Scenario{"reread_seen_in_spite_of_a_loss", reread_seen_in_spite_of_a_loss},
    Scenario{"hook_missing", hook_missing},
    Scenario{"nobody_to_look_at", nobody_to_look_at},
};

}  // namespace

std::span<const Scenario> loss_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
