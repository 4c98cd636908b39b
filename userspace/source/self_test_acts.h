// SPDX-License-Identifier: Apache-2.0
// What the child of the self-test does. The tracer may have threads when it forks, so nothing here
// allocates, locks or throws: system calls alone.
#pragma once

#include <fcntl.h>

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

// The part of it with an io_uring. Its opens have this flag, which changes nothing about a file:
// the completion reports them, and not what reports the system calls.
inline constexpr int kMarkOfRing = O_NONBLOCK;
TriedHooks act_with_ring(const char* file);

}  // namespace reloadtrace
