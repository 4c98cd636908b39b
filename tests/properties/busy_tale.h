// SPDX-License-Identifier: Apache-2.0
// Stories that nobody wrote: containers, processes and publishers that do one thing after another,
// as a seed has it.
#pragma once

#include <cstdint>

#include "tests/properties/tale.h"

namespace reloadtrace::testing {

Tale busy_tale(std::uint64_t seed);

}  // namespace reloadtrace::testing
