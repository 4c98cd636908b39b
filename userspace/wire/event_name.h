// SPDX-License-Identifier: Apache-2.0
// Kinds of kernel events by name, for counting them.
#pragma once

#include <array>
#include <string_view>
#include <type_traits>
#include <variant>

#include "userspace/wire/event.h"

namespace reloadtrace {

// By Event::index(). Facts, which follow in the variant, are no events of the kernel.
inline constexpr std::array<std::string_view, 23> kKernelEventNames = {
    "open",           "write_open",     "read",         "map",           "open_failed",
    "rename",         "symlink",        "write_closed", "watch_add",     "watch_end",
    "notify",         "fork",           "exec",         "exit",          "poll",
    "signal",         "http",           "watch_failed", "fanotify_mark", "fanotify",
    "cgroup_created", "cgroup_removed", "mount"};
static_assert(
    std::is_same_v<std::variant_alternative_t<kKernelEventNames.size(), AnyEvent>, SessionFact>);
static_assert(
    std::is_same_v<std::variant_alternative_t<kKernelEventNames.size() - 1, AnyEvent>, MountEvent>);

}  // namespace reloadtrace
