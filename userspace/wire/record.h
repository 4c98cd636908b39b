// SPDX-License-Identifier: Apache-2.0
// The few things of bpf/events.h that a live source must know before a record is decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "userspace/base/timestamp.h"
#include "userspace/wire/fact.h"

namespace reloadtrace {

// Zero when the bytes are too few to have a time.
Timestamp time_of_record(std::span<const std::byte> record);

// Totals since the start, indexed by LossCause.
using LossTotals = std::array<std::uint64_t, static_cast<std::size_t>(LossCause::MissedRuns) + 1>;

// What the kernel side counts on each CPU.
std::size_t size_of_counters();
void add_counters(std::span<const std::byte> counters, LossTotals& totals);

}  // namespace reloadtrace
