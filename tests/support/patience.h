// SPDX-License-Identifier: Apache-2.0
// How long to wait for what must happen, on machines of every speed.
#pragma once

#include <chrono>
#include <functional>

namespace reloadtrace::testing {

// `timeout` times RELOADTRACE_TIME_SCALE, which is 1 unless scripts/vm says that a CPU is emulated.
// Everything in this folder that waits does so for as long; what a test asserts stays the same.
std::chrono::milliseconds patient(std::chrono::milliseconds timeout);

// Whether it comes true within patient(timeout).
bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds timeout);

// On a CPU that is emulated: a storm may then be more than a tracer without sanitizers can follow.
bool cpu_is_emulated();

}  // namespace reloadtrace::testing
