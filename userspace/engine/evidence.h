// SPDX-License-Identifier: Apache-2.0
// One line for each piece of evidence (--events).
#pragma once

#include <functional>

#include "userspace/engine/report.h"
#include "userspace/engine/world.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

using SayReport = std::function<void(const Report&)>;

// Say nothing unless `wanted`. The process is the one that did it, the usage its reader's.
void tell(bool wanted, const OpenEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(bool wanted, const ReadEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(bool wanted, const MapEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(
    bool wanted, const WatchAddEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(bool wanted, const NotifyEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(bool wanted, const ExecEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(bool wanted, const ExitEvent&, const Usage&, const Process&, World&, const SayReport&);
void tell(
    bool wanted, const OpenFailedFact&, const Usage&, const Process&, World&, const SayReport&);

// A reader appeared: one line for each volume that it mounts.
void tell_reader(const Reader& reader, World& world, Timestamp at, const SayReport& say);

}  // namespace reloadtrace
