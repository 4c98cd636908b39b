// SPDX-License-Identifier: Apache-2.0
#include "tests/properties/busy_tale.h"

#include <cerrno>
#include <string>
#include <vector>

#include "tests/properties/dice.h"
#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

constexpr int kSteps = 24;
const std::string kFiles[] = {"app.yaml", "log.yaml", "rules.yaml"};

// One application, and who else is in its container.
struct Actor {
  StoryVolume* volume = nullptr;
  StoryContainer container;  // of its processes; empty outside containers
  StoryProcess main;
  std::vector<StoryWatch> watches;
  bool alive = true;
};

class BusyNode {
 public:
  BusyNode(Story& story, Dice& dice) : story_(story), dice_(dice) {}

  void live() {
    story_.begin();
    StoryVolume& shared = story_.config_map(contents());
    StoryVolume& directory = story_.plain_directory(contents());
    actors_.push_back(in_container("app", shared));
    actors_.push_back(in_container("sidecar", shared));
    actors_.push_back({&directory, {}, story_.process("daemon"), {}, true});
    volumes_ = {&shared, &directory};
    story_.ready();
    for (Actor& actor : actors_) {
      if (!dice_.one_in(4)) {
        reread_some(actor.main, *actor.volume);
      }
    }
    for (int step = 0; step < kSteps; ++step) {
      pass();
      act();
    }
    story_.pass(Story::kDeadline);
    story_.end();
  }

 private:
  Actor in_container(const std::string& name, StoryVolume& volume) {
    StoryContainer container = story_.container(name, {&volume});
    return {&volume, container, container.main, {}, true};
  }

  std::string some_content() { return std::string(1 + dice_.below(3), 'x') + std::to_string(++n_); }
  const std::string& some_file() { return kFiles[dice_.below(std::size(kFiles))]; }

  Contents contents() {
    Contents out;
    for (const std::string& file : kFiles) {
      out[file] = some_content();
    }
    return out;
  }

  void pass() {
    constexpr Duration kPauses[] = {20us, 300us, 5ms, 400ms, 20s, 130s};
    story_.pass(kPauses[dice_.below(std::size(kPauses))]);
  }

  void publish() {
    StoryVolume& volume = *volumes_[dice_.below(volumes_.size())];
    if (!volume.fact.atomic_links) {
      dice_.one_in(2) ? story_.rename_onto(volume, some_file(), some_content())
                      : story_.write_in_place(volume, some_file(), some_content());
      return;
    }
    Contents next = volume.now.contents;
    for (const std::string& file : kFiles) {
      if (dice_.one_in(2)) {
        next[file] = some_content();
      }
    }
    story_.publish(volume, next);
    for (Actor& actor : actors_) {
      if (actor.alive && actor.volume == &volume) {
        react(actor);
      }
    }
  }

  void react(Actor& actor) {
    for (const StoryWatch& watch : actor.watches) {
      story_.notify_of_swap(watch, *actor.volume);
    }
    if (!actor.watches.empty() || dice_.one_in(3)) {
      reread_some(actor.main, *actor.volume);
    }
  }

  void reread_some(const StoryProcess& process, const StoryVolume& volume) {
    const bool all = dice_.one_in(2);
    for (const std::string& file : kFiles) {
      if (all || dice_.one_in(2)) {
        story_.reread(process, volume, file);
      }
    }
  }

  void act() {
    if (dice_.one_in(4)) {
      publish();
      return;
    }
    Actor& actor = actors_[dice_.below(actors_.size())];
    if (!actor.alive) {
      return;
    }
    StoryVolume& volume = *actor.volume;
    switch (dice_.below(11)) {
      case 0:
      case 1:
        reread_some(actor.main, volume);
        break;
      case 2:
        story_.open(actor.main, volume, some_file());
        break;
      case 3:
        story_.open(actor.main, volume, "app.yaml");
        story_.read_part(actor.main, volume, "app.yaml", 0, 1);
        break;
      case 4:
        if (volume.old.fact.name != "") {
          story_.reread(actor.main, volume, volume.old, some_file());
        }
        break;
      case 5: {
        const StoryProcess child = story_.child(actor.main, "worker");
        reread_some(child, volume);
        pass();
        story_.exit(child);
        break;
      }
      case 6:
        if (!actor.container.fact.id.empty()) {
          const StoryProcess observer = story_.injected(actor.container, "sh");
          reread_some(observer, volume);
          pass();
          story_.open(observer, volume, some_file());
          story_.exit(observer);
        }
        break;
      case 7:
        actor.watches.push_back(story_.watch(actor.main, volume, "", kDirectoryMask));
        break;
      case 8:
        story_.look(actor.main, volume, some_file(), PollCall::Stat);
        break;
      case 9:
        if (dice_.one_in(2)) {
          story_.exec(actor.main, "again");
          actor.watches.clear();
          reread_some(actor.main, volume);
        } else {
          story_.hang_up(actor.main, SignalHandling::Handled);
        }
        break;
      default:
        if (dice_.one_in(3)) {
          story_.exit(actor.main);
          actor.alive = false;
          if (!actor.container.fact.id.empty()) {
            story_.gone(actor.container);
          }
        } else {
          story_.fail_open(actor.main, volume, some_file(), EACCES);
        }
    }
  }

  Story& story_;
  Dice& dice_;
  std::vector<Actor> actors_;
  std::vector<StoryVolume*> volumes_;
  int n_ = 0;
};

}  // namespace

Tale busy_tale(std::uint64_t seed) {
  Tale tale{"busy_" + std::to_string(seed), Story::kDeadline, {}};
  Story story([&](const Event& event) { tale.events.push_back(event); });
  Dice dice(seed);
  BusyNode(story, dice).live();
  return tale;
}

}  // namespace reloadtrace::testing
