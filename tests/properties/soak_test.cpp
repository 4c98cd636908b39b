// SPDX-License-Identifier: Apache-2.0
// A node that lives for long: memory follows what is there, not what has been.
//
// Containers come and go, volumes are published again and again, children are forked for each look
// at a file, processes end; a million events over some weeks of the story's clock. Counted are the
// bytes that the allocator has given out and not got back.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "tests/properties/dice.h"
#include "tests/scenarios/scenario.h"
#include "userspace/engine/engine.h"

namespace reloadtrace::testing {
namespace {

constexpr std::uint64_t kEarly = 100'000;
constexpr std::uint64_t kEvents = 1'000'000;
// Of what there is at kEarly; the queues of a busy moment differ by less.
constexpr double kGrowth = 1.2;

std::size_t allocated() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

class Node {
 public:
  // The story remembers each volume that it ever had, so it has a fixed number of them.
  Node() : story_([this](const Event& event) { feed(event); }) {
    EngineOptions options;
    options.deadline = Story::kDeadline;
    options.evidence = true;
    engine_ = std::make_unique<Engine>(
        options, [](const Report&) {},
        [this](std::span<const std::uint32_t> tgids, Timestamp now) {
          for (const std::uint32_t tgid : tgids) {
            engine_->observe(InspectedFact{now, tgid, true});
          }
        });
    story_.begin();
    for (int i = 0; i < 4; ++i) {
      volumes_.push_back(&story_.config_map({{"app.yaml", "0"}, {"log.yaml", "0"}}));
    }
    directory_ = &story_.plain_directory();
    // One that stays, and puts its watch on the file anew after each publish.
    steady_ = story_.container("steady", {volumes_.front()});
    watch_ = story_.watch(steady_.main, *volumes_.front(), "app.yaml", kFileMask);
    story_.ready();
  }

  // Until that many events were observed since the beginning.
  void live_until(std::uint64_t events) {
    while (events_ < events) {
      live_on();
    }
  }

 private:
  void feed(const Event& event) {
    ++events_;
    engine_->observe(event);
  }

  StoryVolume& any_volume() { return *volumes_[dice_.below(volumes_.size())]; }

  void live_on() {
    story_.pass(std::chrono::milliseconds(dice_.below(4000)));
    if (containers_.size() < 20) {
      StoryVolume& volume = any_volume();
      containers_.emplace_back(story_.container("app", {&volume}), &volume);
      story_.watch(containers_.back().first.main, volume, "", kDirectoryMask);
    }
    switch (dice_.below(10)) {
      case 0:
        publish();
        break;
      case 1:
        story_.gone(containers_.front().first);
        containers_.pop_front();
        break;
      case 2: {
        const StoryProcess stranger = story_.process("cat");
        story_.reread(stranger, *directory_, "app.yaml");
        story_.exit(stranger);
        break;
      }
      case 3:
        story_.write_in_place(*directory_, "app.yaml", content());
        break;
      case 4:
        story_.lose(LossCause::ActivityRingFull, 2);
        break;
      default: {
        const std::uint64_t which = dice_.below(containers_.size() + 1);
        if (which == containers_.size()) {
          use(steady_, *volumes_.front());
        } else {
          use(containers_[which].first, *containers_[which].second);
        }
      }
    }
  }

  // As short as all others, and again the same after a while: the story numbers contents.
  std::string content() { return std::to_string(dice_.below(1000)); }

  void publish() {
    StoryVolume& volume = any_volume();
    story_.publish(volume, {{"app.yaml", content()}, {"log.yaml", content()}});
    if (&volume == volumes_.front()) {
      story_.notify_of_death(watch_);
      watch_ = story_.watch(steady_.main, volume, "app.yaml", kFileMask);
      story_.reread(steady_.main, volume, "app.yaml");
    }
    for (const auto& [container, mounted] : containers_) {
      if (mounted == &volume && dice_.one_in(2)) {
        story_.reread(container.main, volume, "app.yaml");
      }
    }
  }

  void use(const StoryContainer& container, StoryVolume& volume) {
    const StoryProcess child = story_.child(container.main, "look");
    story_.reread(child, volume, "log.yaml");
    story_.look(container.main, volume, "app.yaml", PollCall::Stat);
    story_.hang_up(container.main, SignalHandling::Handled);
    story_.fail_open(child, volume, "app.yaml", 13);
    if (!dice_.one_in(50)) {  // else its end goes unseen
      story_.exit(child);
    }
    if (dice_.one_in(20)) {
      const StoryProcess shell = story_.injected(container, "sh");
      story_.reread(shell, volume, "app.yaml");
      story_.exit(shell);
    }
  }

  Dice dice_{7};
  std::unique_ptr<Engine> engine_;
  Story story_;
  std::uint64_t events_ = 0;
  std::deque<StoryVolume*> volumes_;
  StoryVolume* directory_ = nullptr;
  StoryContainer steady_;
  StoryWatch watch_;
  std::deque<std::pair<StoryContainer, StoryVolume*>> containers_;
};

TEST(Soak, a_million_events_take_no_more_memory_than_a_hundred_thousand) {
  const std::size_t before = allocated();
  Node node;
  node.live_until(kEarly);
  const std::size_t early = allocated() - before;
  node.live_until(kEvents);
  const std::size_t late = allocated() - before;
  RecordProperty("early", std::to_string(early));
  RecordProperty("late", std::to_string(late));
  EXPECT_LT(static_cast<double>(late), kGrowth * static_cast<double>(early))
      << early << " bytes after " << kEarly << " events, " << late << " after " << kEvents;
}

}  // namespace
}  // namespace reloadtrace::testing
