// SPDX-License-Identifier: Apache-2.0
// Which processes of a reader have come how far with a publish.
#pragma once

#include <vector>

#include "userspace/engine/judge.h"

namespace reloadtrace {

// The application processes that are known to use a file that must be reread, by pid. Empty when
// there are fewer than two: then the verdict says it all.
std::vector<ProcessUse> describe_processes(const Usage& usage,
                                           const Judgement& judgement,
                                           const World& world);

}  // namespace reloadtrace
