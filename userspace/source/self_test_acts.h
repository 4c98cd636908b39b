// SPDX-License-Identifier: Apache-2.0
// What the child of the self-test does. The tracer may have threads when it forks, so nothing here
// allocates, locks or throws: system calls alone.
#pragma once

#include <cstdint>

#include "userspace/source/hook_table.h"

namespace reloadtrace {

// Hooks as 1 << HookId: what could be done, so that the hook must have seen it.
using TriedHooks = std::uint32_t;
static_assert(kHooks.size() <= 32);

constexpr TriedHooks tried(HookId id) {
  return TriedHooks{1} << static_cast<unsigned>(id);
}

// All of it, in this directory; `file` is the name of the one file that is made there. Changes the
// working directory.
TriedHooks act_for_hooks(int directory, const char* file);

// The part of it with an io_uring.
TriedHooks act_with_ring(const char* file);

}  // namespace reloadtrace
