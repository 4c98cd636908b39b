// SPDX-License-Identifier: Apache-2.0
// Pollers: who looks at the same place again and again, and how far apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "userspace/engine/world.h"

namespace reloadtrace {

// Notes one look, or several that the kernel counted together (`first` is then the first of them).
void note_look(Habit& habit, Timestamp first, Timestamp at, std::uint64_t count);

// Notes the latest open of a file as a look at it.
void note_open_as_look(Usage& usage,
                       const World& world,
                       const Process& process,
                       const FileUse& use);

void note_poll(Usage& usage, const World& world, const Process& process, const PollFact& fact);

// It has looked more than once: by a clock, or not often enough to tell.
bool looks_again(const Habit& habit);

// The time between looks; none when there were too few to tell, or when they follow no clock.
std::optional<Duration> period_of(const Habit& habit);

// "stats app.yaml", "opens app.yaml", "reads the link ..data".
std::string say_habit(const Habit& habit);

}  // namespace reloadtrace
