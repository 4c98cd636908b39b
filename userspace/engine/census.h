// SPDX-License-Identifier: Apache-2.0
// The readers there are now, and how far they have come: what gauges show.
#pragma once

#include "userspace/engine/report.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

// Of the readers that were asked for.
Census take_census(World& world);

}  // namespace reloadtrace
