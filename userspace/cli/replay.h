// SPDX-License-Identifier: Apache-2.0
// A recording through the engine, for whoever wants its lines.
#pragma once

#include "userspace/cli/command_line.h"
#include "userspace/cli/outputs.h"
#include "userspace/source/replay_source.h"

namespace reloadtrace {

// To its end, or until a signal or `outputs` ends it. Gives the exit code; what went wrong was
// said.
int replay(ReplaySource& source, const ViewOptions& view, Outputs& outputs);

}  // namespace reloadtrace
