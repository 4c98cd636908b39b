// SPDX-License-Identifier: Apache-2.0
// One line for each piece of evidence (--events).
#pragma once

#include <functional>

#include "userspace/engine/report.h"
#include "userspace/engine/world.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

using SayReport = std::function<void(const Report&)>;

// Says nothing unless `wanted`. The process is the reader's: the one that did it, or the one that
// it was done to (a signal's target); the usage is its reader's. Exists for what evidence.cpp lists
// at its end.
template <typename Happening>
void tell(bool wanted,
          const Happening& happening,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say);

}  // namespace reloadtrace
