// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/habit.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// Calls that come this close together are one look: exists(), then stat(), then open().
constexpr Duration kOneLook = 20ms;

// Intervals remembered, and how many make a habit.
constexpr std::size_t kMaxIntervals = 8;
constexpr std::size_t kMinIntervals = 2;

// Hostile or odd readers look at many things.
constexpr std::size_t kMaxHabits = 256;

// A process younger than this looks for its parent: the `stat` and the `cat` of a shell's loop.
constexpr Duration kShortLived = 1s;

std::uint32_t owner_of(const Process& process, const World& world, Timestamp at) {
  const Process* parent = world.process(process.parent);
  const bool young = process.started && at - process.started < kShortLived;
  return young && parent != nullptr && parent->reader == process.reader ? parent->tgid
                                                                        : process.tgid;
}

Habit* habit_of(Usage& usage, std::uint32_t owner, bool opens, const std::string& path) {
  auto key = std::tuple(owner, opens, path);
  const auto known = usage.habits.find(key);
  if (known != usage.habits.end()) {
    return &known->second;
  }
  if (usage.habits.size() >= kMaxHabits) {
    return nullptr;
  }
  Habit& habit = usage.habits[std::move(key)];
  habit.opens = opens;
  habit.path = path;
  return &habit;
}

}  // namespace

void note_look(Habit& habit, Timestamp first, Timestamp at, std::uint64_t count) {
  if (habit.latest && at <= habit.latest) {
    return;  // the same record again
  }
  habit.looks += count;
  if (habit.latest) {
    const Duration gap = at - habit.latest;
    if (gap < kOneLook) {
      return;
    }
    // The kernel counts the looks that follow a reported one together with the next that it
    // reports. Where they came right after that one, they were part of the same look.
    const auto n = static_cast<std::int64_t>(std::max<std::uint64_t>(count, 1));
    const bool evenly = first - habit.latest > gap / (2 * n);
    habit.intervals.push_back(evenly ? gap / n : gap);
    if (habit.intervals.size() > kMaxIntervals) {
      habit.intervals.pop_front();
    }
  }
  habit.latest = at;
}

void note_open_as_look(Usage& usage,
                       const World& world,
                       const Process& process,
                       const FileUse& use) {
  Habit* habit = habit_of(usage, owner_of(process, world, use.opened), /*opens=*/true, use.file);
  if (habit == nullptr) {
    return;
  }
  // Who opens a new file may have been told of it; who opens the same again looks by the clock.
  if (habit->inode == use.inode && use.opened > habit->latest) {
    ++habit->again;
  }
  habit->inode = use.inode;
  note_look(*habit, use.opened, use.opened, 1);
}

void note_poll(Usage& usage, const World& world, const Process& process, const PollFact& fact) {
  if (Habit* habit =
          habit_of(usage, owner_of(process, world, fact.at), /*opens=*/false, fact.path)) {
    habit->call = fact.call;
    habit->kind = fact.kind;
    habit->error = fact.error;
    note_look(*habit, fact.first, fact.at, fact.count);
  }
}

bool looks_again(const Habit& habit) {
  const bool looked = !habit.intervals.empty() && (!habit.opens || habit.again > 0);
  return looked && (habit.intervals.size() <= kMinIntervals || period_of(habit));
}

std::optional<Duration> period_of(const Habit& habit) {
  if (habit.intervals.size() < kMinIntervals || (habit.opens && habit.again == 0)) {
    return std::nullopt;
  }
  std::vector<Duration> sorted(habit.intervals.begin(), habit.intervals.end());
  std::sort(sorted.begin(), sorted.end());
  const Duration median = sorted[sorted.size() / 2];
  // A look that an event brought about, or a late one, may be among them.
  const auto regular = std::count_if(sorted.begin(), sorted.end(), [&](Duration interval) {
    return interval * 2 >= median && interval * 2 <= median * 3;
  });
  const bool is_clock = static_cast<std::size_t>(regular) >= kMinIntervals &&
                        static_cast<std::size_t>(regular) * 3 >= sorted.size() * 2;
  return is_clock ? std::optional(median) : std::nullopt;
}

std::string say_habit(const Habit& habit) {
  const std::string what = habit.path.empty() ? "the directory" : habit.path;
  if (habit.opens) {
    return "opens " + what;
  }
  switch (habit.call) {
    case PollCall::Stat:
      return "stats " + what;
    case PollCall::Lstat:
      return habit.kind == TargetKind::Link ? "stats the link " + what + " itself"
                                            : "stats " + what;
    case PollCall::Readlink:
      return "reads the link " + what;
    case PollCall::Access:
      return "asks for access to " + what;
  }
  return "looks at " + what;
}

}  // namespace reloadtrace
