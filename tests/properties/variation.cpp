// SPDX-License-Identifier: Apache-2.0
#include "tests/properties/variation.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "tests/properties/host.h"
#include "tests/support/stories/kernel_records.h"
#include "userspace/source/event_delivery.h"
#include "userspace/wire/event_name.h"

namespace reloadtrace::testing {
namespace {

using namespace std::chrono_literals;

// Of the looks at the loss counters, when the tracer keeps up with the events.
constexpr Duration kLook = 50ms;
// So much later than its time a record can be in the rings, at most.
constexpr Duration kBound = 1ms;
// So many records a late one is behind its place, at most.
constexpr std::size_t kLateBy = 64;

// Losses of these kinds hide what a reader did (blindness.cpp); each other one hides less.
constexpr LossCause kCauses[] = {LossCause::FactsRingFull, LossCause::ActivityRingFull,
                                 LossCause::MapFull, LossCause::ReadFault, LossCause::Undecodable};

std::uint32_t process_of(const Event& event) {
  const Origin* origin = origin_of(event);
  return origin != nullptr ? origin->tgid : 0;
}

// Rings overflow for a while, processes go unseen, kinds are forgotten.
void lose_some(const Tale& tale, Dice& dice, std::vector<bool>& lost) {
  const std::size_t count = tale.events.size();
  const auto pick = [&] { return dice.below(count); };
  const auto lose_where = [&](auto matches) {
    for (std::size_t i = 0; i < count; ++i) {
      lost[i] = lost[i] || (can_be_lost(tale.events[i]) && matches(i));
    }
  };
  switch (dice.below(5)) {
    case 0: {
      const std::uint64_t rarity = 2U << dice.below(5);
      lose_where([&](std::size_t) { return dice.one_in(rarity); });
      break;
    }
    case 1: {
      const std::size_t first = pick();
      const std::size_t second = pick();
      lose_where([&](std::size_t i) { return i == first || i == second; });
      break;
    }
    case 2: {
      const std::size_t begin = pick();
      const std::size_t end = begin + 1 + pick();
      lose_where([&](std::size_t i) { return i >= begin && i < end; });
      break;
    }
    case 3: {
      const std::size_t kind = tale.events[pick()].index();
      const std::size_t begin = dice.one_in(2) ? 0 : pick();
      lose_where([&](std::size_t i) { return tale.events[i].index() == kind && i >= begin; });
      break;
    }
    default: {
      const std::uint32_t process = process_of(tale.events[pick()]);
      const std::size_t begin = dice.one_in(2) ? 0 : pick();
      lose_where(
          [&](std::size_t i) { return process_of(tale.events[i]) == process && i >= begin; });
      break;
    }
  }
}

Variation unvaried(const Tale& tale) {
  const std::size_t count = tale.events.size();
  return {std::vector<bool>(count), std::vector<std::uint8_t>(count),
          std::vector<std::uint32_t>(count), 0ms, 0ms};
}

Variation delayed_and_doubled(const Tale& tale, Dice& dice) {
  const std::size_t count = tale.events.size();
  Variation out = unvaried(tale);
  const bool delays = !dice.one_in(3);
  const std::uint64_t copies = dice.one_in(3) ? 0 : 1U << dice.below(6);
  const auto bound = static_cast<std::uint64_t>(kBound.count());
  for (std::size_t i = 0; i < count; ++i) {
    if (origin_of(tale.events[i]) == nullptr) {
      continue;
    }
    if (delays) {
      out.delays[i] = static_cast<std::uint32_t>(dice.below(bound));
    }
    if (copies != 0 && dice.one_in(copies)) {
      out.copies[i] = static_cast<std::uint8_t>(1 + dice.below(2));
    }
  }
  return out;
}

// A place in the stream.
struct Place {
  Timestamp at;
  std::size_t index;  // of the event; its copies have the same
};

bool sooner(const Place& a, const Place& b) {
  return a.at < b.at;
}

// What one process did keeps its order: one thing follows from the other.
void keep_order_of_processes(const Tale& tale, std::vector<Place>& places) {
  std::map<std::uint32_t, Timestamp> latest;
  for (Place& place : places) {
    Timestamp& at = latest[process_of(tale.events[place.index])];
    place.at = at = std::max(at, place.at);
  }
}

void add_arrivals(const Tale& tale,
                  const Variation& variation,
                  std::size_t i,
                  std::vector<Place>& out) {
  const Timestamp at = time_of(tale.events[i]);
  for (int copy = 0; copy <= variation.copies[i]; ++copy) {
    out.push_back({at + Duration(variation.delays[i] >> copy), i});
  }
}

// All records, as they come from the rings.
std::vector<Place> arrivals(const Tale& tale, const Variation& variation) {
  std::vector<Place> out;
  for (std::size_t i = 0; i < tale.events.size(); ++i) {
    if (origin_of(tale.events[i]) != nullptr) {
      add_arrivals(tale, variation, i, out);
    }
  }
  std::stable_sort(out.begin(), out.end(), sooner);
  return out;
}

// As if there were no merger: records in the order in which they come, except for those of the same
// process. Facts keep their places, and no record is delayed beyond one: the host says what it says
// of what it was given.
std::vector<std::size_t> order_of(const Tale& tale, const Variation& variation) {
  std::vector<std::size_t> out;
  std::vector<Place> records;
  const auto flush = [&] {
    keep_order_of_processes(tale, records);
    std::stable_sort(records.begin(), records.end(), sooner);
    for (const Place& place : records) {
      out.push_back(place.index);
    }
    records.clear();
  };
  for (std::size_t i = 0; i < tale.events.size(); ++i) {
    if (variation.lost[i]) {
      continue;
    }
    if (origin_of(tale.events[i]) != nullptr) {
      add_arrivals(tale, variation, i, records);
    } else {
      flush();
      out.push_back(i);
    }
  }
  flush();
  return out;
}

struct Losses {
  std::vector<LossFact> facts;         // in order of time
  std::vector<PublishFact> publishes;  // that were found by comparing
};

Losses losses_of(const Tale& tale, const Variation& variation) {
  Losses out;
  const Timestamp begin = time_of(tale.events.front());
  const Timestamp end = time_of(tale.events.back());
  for (std::size_t i = 0; i < tale.events.size(); ++i) {
    if (!variation.lost[i]) {
      continue;
    }
    const Timestamp at = time_of(tale.events[i]);
    const LossCause cause = kCauses[i % std::size(kCauses)];
    const auto looks = (at - begin + variation.phase) / variation.look;
    const Timestamp look = begin + looks * variation.look - variation.phase;
    if (out.facts.empty() || out.facts.back().since < look) {
      out.facts.push_back({std::min(look + variation.look, end), std::max(look, begin), {}});
    }
    out.facts.back().lost.push_back({cause, 1});
    const auto* publish = std::get_if<PublishFact>(&tale.events[i]);
    if (publish != nullptr && publish->style == PublishStyle::LinkSwap) {
      std::erase_if(out.publishes, [&](const PublishFact& earlier) {
        return earlier.volume == publish->volume && earlier.at >= at;
      });
      PublishFact& found = out.publishes.emplace_back(*publish);
      found.at = look + variation.look + 1s + variation.phase;
      found.writer_tgid = 0;
      found.writer_comm.clear();
    }
  }
  return out;
}

// What a host does besides passing on what comes: it lets deadlines come when they are due, and
// looks at where links point now and then.
class Stage {
 public:
  Stage(Engine& engine, Duration deadline, std::vector<PublishFact> found)
      : engine_(engine), deadline_(deadline), found_(std::move(found)) {}

  void tell(const Event& event) {
    come_to(time_of(event));
    if (const auto* publish = std::get_if<PublishFact>(&event)) {
      // The link points to something newer than what was not told.
      std::erase_if(found_, [&](const PublishFact& f) { return f.volume == publish->volume; });
      due_.push_back(publish->at + deadline_);
    }
    engine_.observe(event);
  }

 private:
  void come_to(Timestamp now) {
    while (true) {
      const auto due = std::min_element(due_.begin(), due_.end());
      const auto found =
          std::min_element(found_.begin(), found_.end(),
                           [](const PublishFact& a, const PublishFact& b) { return a.at < b.at; });
      if (found != found_.end() && found->at <= now && (due == due_.end() || found->at <= *due)) {
        const PublishFact publish = *found;
        found_.erase(found);
        due_.push_back(publish.at + deadline_);
        engine_.observe(publish);
      } else if (due != due_.end() && *due < now) {
        engine_.advance_to(*due);
        due_.erase(due);
      } else {
        return;
      }
    }
  }

  Engine& engine_;
  Duration deadline_;
  std::vector<PublishFact> found_;
  std::vector<Timestamp> due_;
};

bool is_end(const Event& event) {
  return std::holds_alternative<EndFact>(event);
}

std::string_view name_of_kind(const Event& event) {
  constexpr std::string_view kFacts[] = {"session",
                                         "volume",
                                         "volume_gone",
                                         "container",
                                         "container_gone",
                                         "process",
                                         "publish",
                                         "watch_fact",
                                         "held",
                                         "inspected",
                                         "open_failed_fact",
                                         "poll_fact",
                                         "watch_failed_fact",
                                         "program",
                                         "loss",
                                         "shed",
                                         "ready",
                                         "end"};
  const std::size_t kernel = kKernelEventNames.size();
  return event.index() < kernel ? kKernelEventNames[event.index()] : kFacts[event.index() - kernel];
}

}  // namespace

bool can_be_lost(const Event& event) {
  return origin_of(event) != nullptr || std::holds_alternative<PublishFact>(event) ||
         std::holds_alternative<ProcessFact>(event) ||
         std::holds_alternative<ContainerGoneFact>(event) ||
         std::holds_alternative<OpenFailedFact>(event) || std::holds_alternative<PollFact>(event) ||
         std::holds_alternative<WatchFailedFact>(event);
}

Variation with_losses(const Tale& tale, Dice& dice) {
  Variation out = delayed_and_doubled(tale, dice);
  out.look = dice.one_in(4) ? Duration(2s) : kLook;
  out.phase = Duration(dice.below(static_cast<std::uint64_t>(out.look.count())));
  lose_some(tale, dice, out.lost);
  return out;
}

Variation without_losses(const Tale& tale, Dice& dice) {
  return delayed_and_doubled(tale, dice);
}

std::string describe(const Tale& tale, const Variation& variation) {
  const Timestamp begin = time_of(tale.events.front());
  std::string out;
  const auto line = [&](std::size_t i, const std::string& what) {
    const Event& event = tale.events[i];
    out += "  " + what + " event " + std::to_string(i) + ", " + std::string(name_of_kind(event));
    if (const std::uint32_t tgid = process_of(event); tgid != 0) {
      out += " of " + std::to_string(tgid);
    }
    out += ", at " + std::to_string((time_of(event) - begin).count() / 1000) + " us\n";
  };
  for (std::size_t i = 0; i < tale.events.size(); ++i) {
    if (variation.lost[i]) {
      line(i, "lost");
      continue;
    }
    if (variation.delays[i] != 0) {
      line(i, "delayed by " + std::to_string(variation.delays[i]) + " ns:");
    }
    if (variation.copies[i] != 0) {
      line(i, "repeated " + std::to_string(variation.copies[i]) + " times:");
    }
  }
  return out;
}

Teller::Teller(const Tale& tale) : tale_(tale), host_(tale), words_(words_of(tale)) {
  for (const Event& event : tale.events) {
    records_.push_back(kernel_record(event));
  }
  Variation none = unvaried(tale);
  none.look = kLook;
  words_on_a_host_ = tell_on_a_host(none);
}

std::vector<Word> Teller::tell(const Variation& variation) const {
  Listener listener(tale_.deadline);
  for (const std::size_t i : order_of(tale_, variation)) {
    listener.engine().observe(tale_.events[i]);
  }
  return listener.take_words();
}

std::vector<Word> Teller::tell_on_a_host(const Variation& variation) const {
  std::optional<Listener> listener;
  listener.emplace(tale_.deadline, [&](std::span<const std::uint32_t> tgids, Timestamp now) {
    for (const std::uint32_t tgid : tgids) {
      host_.inspect(tgid, now, listener->engine());
    }
  });
  Losses losses = losses_of(tale_, variation);
  Stage stage(listener->engine(), tale_.deadline, std::move(losses.publishes));
  auto loss = losses.facts.begin();
  for (const std::size_t i : order_of(tale_, variation)) {
    const Event& event = tale_.events[i];
    for (; loss != losses.facts.end() && (loss->since < time_of(event) || is_end(event)); ++loss) {
      stage.tell(*loss);
    }
    stage.tell(event);
  }
  return listener->take_words();
}

std::vector<Word> Teller::tell_through_the_rings(const Variation& variation) const {
  Listener listener(tale_.deadline);
  Engine& engine = listener.engine();
  EventDelivery delivery(time_of(tale_.events.front()));
  std::size_t next = 0;
  std::vector<bool> told(records_.size());
  const auto tell_facts = [&](Timestamp until) {
    for (; next < records_.size(); ++next) {
      if (told[next]) {
        continue;
      }
      if (!records_[next].empty() || time_of(tale_.events[next]) > until) {
        break;
      }
      engine.observe(tale_.events[next]);
    }
  };
  // In a recording of a live session a record may stand before an older one, which came late.
  const auto mark = [&](std::span<const std::byte> record) {
    const std::size_t end = std::min(records_.size(), next + kLateBy);
    for (std::size_t i = next; i < end; ++i) {
      if (!told[i] && std::ranges::equal(record, records_[i])) {
        told[i] = true;
        return;
      }
    }
  };
  const auto deliver = [&](const Event& event, std::span<const std::byte> record) {
    tell_facts(time_of(event));
    mark(record);
    engine.observe(event);
  };
  for (const Place& place : arrivals(tale_, variation)) {
    delivery.look(place.at, {});
    delivery.deliver_until(place.at - kBound, deliver);
    delivery.push(records_[place.index]);
  }
  const Timestamp end = time_of(tale_.events.back()) + kBound;
  delivery.look(end, {});
  delivery.deliver_until(end, deliver);
  tell_facts(end);
  return listener.take_words();
}

}  // namespace reloadtrace::testing
