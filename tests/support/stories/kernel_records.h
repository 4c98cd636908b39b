// SPDX-License-Identifier: Apache-2.0
// The way back from an Event to the bytes that the kernel would have sent.
#pragma once

#include <cstddef>
#include <vector>

#include "userspace/wire/event.h"

namespace reloadtrace::testing {

// A record of bpf/events.h that decode() turns into this very event; empty for a fact. Paths that
// the ABI has no room for are cut.
std::vector<std::byte> kernel_record(const Event& event);

}  // namespace reloadtrace::testing
