// SPDX-License-Identifier: Apache-2.0
// Readers that look by the clock: whether they have looked since the publish, and when they will.
#include <fmt/format.h>

#include <algorithm>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/habit.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

bool concerns(const Habit& habit, const Judgement& judgement) {
  return habit.kind != TargetKind::File ||
         std::find(judgement.required.begin(), judgement.required.end(), habit.path) !=
             judgement.required.end();
}

Diagnosis missed(const Habit& habit,
                 std::uint32_t owner,
                 std::optional<Duration> period,
                 const Publish& publish,
                 Timestamp now) {
  const std::string rhythm = period ? " every " + say(*period) : std::string{};
  Diagnosis out = found(Cause::PollMissed, owner,
                        fmt::format("{}{}, last {} ago and {} after the {}, and did not reread",
                                    say_habit(habit), rhythm, say(now - habit.latest),
                                    say(habit.latest - publish.at()), word_for(publish)));
  const bool link = habit.call == PollCall::Lstat && habit.kind == TargetKind::Link;
  if (link && publish.fact.style == PublishStyle::LinkSwap) {
    out.evidence += ": a swap changes nothing of that link";
  }
  return out;
}

}  // namespace

std::optional<Diagnosis> diagnose_polls(const Usage& usage,
                                        const Judgement& judgement,
                                        Timestamp now,
                                        bool by_clock) {
  const Publish& publish = *judgement.publish;
  const Habit* latest = nullptr;
  std::uint32_t owner = 0;
  std::optional<Duration> period;
  for (const auto& [key, habit] : usage.habits) {
    const auto own = period_of(habit);
    if (!concerns(habit, judgement) || (!own && (by_clock || habit.looks < 2))) {
      continue;
    }
    // A clock says more than a single look.
    const bool better = latest == nullptr || (own && !period) ||
                        (own.has_value() == period.has_value() && habit.latest > latest->latest);
    if (better) {
      latest = &habit;
      owner = std::get<0>(key);
      period = own;
    }
  }
  if (latest == nullptr) {
    return std::nullopt;
  }
  if (!latest->opens && latest->latest > publish.at()) {
    return missed(*latest, owner, period, publish, now);
  }
  // Late by half a period is still on time.
  if (period && latest->latest <= publish.at() && now < latest->latest + *period * 3 / 2) {
    return found(
        Cause::PollPending, owner,
        fmt::format("{} every {}: last {} before the {}, next in about {}", say_habit(*latest),
                    say(*period), say(publish.at() - latest->latest), word_for(publish),
                    say(std::max(latest->latest + *period - now, Duration{}))));
  }
  return std::nullopt;
}

}  // namespace reloadtrace
