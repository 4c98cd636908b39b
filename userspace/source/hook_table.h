// SPDX-License-Identifier: Apache-2.0
// What can be switched off alone. A hook that this kernel lacks is left out, and every verdict that
// needs it says so.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reloadtrace {

// The one program at the exit of every syscall, and its form for kernels before 6.2.
inline constexpr std::string_view kDispatcher = "on_syscall";
inline constexpr std::string_view kProbingDispatcher = "on_syscall_probing";

constexpr bool is_dispatcher(std::string_view program) {
  return program == kDispatcher || program == kProbingDispatcher;
}

enum class HookId : std::uint8_t {
  Open,
  Read,
  Mmap,
  Publish,
  Symlink,
  Inotify,
  WriteClose,
  Fork,
  Exec,
  Exit,
  Adopt,
  Poll,
  Signal,
  Http,
  Fanotify,
  IoUring,
  Mount,
  Cgroup,
  IoUringFailed,
};

struct Hook {
  HookId id;
  std::string_view name;
  bool required;             // without it no verdict can be had
  std::string_view program;  // of its own; empty for a family of syscalls in the dispatcher
  bool in_dispatcher = program.empty();
  std::string_view second_program = {};  // without one of the two, the other tells half a story

  // Whether it sees by the dispatcher, though a program of its own may help.
  constexpr bool in_syscalls() const { return in_dispatcher || id == HookId::Poll; }
  constexpr bool owns(std::string_view one) const {
    return !one.empty() && (one == program || one == second_program);
  }
};

// In the order of HookId.
inline constexpr std::array<Hook, 19> kHooks = {{
    {HookId::Open, "open", true, ""},
    {HookId::Read, "read", true, ""},
    {HookId::Mmap, "mmap", false, ""},
    {HookId::Publish, "publish", true, ""},
    {HookId::Symlink, "symlink", false, ""},
    {HookId::Inotify, "inotify", false, ""},
    {HookId::WriteClose, "write_close", false, ""},
    {HookId::Fork, "fork", false, "on_fork"},
    {HookId::Exec, "exec", true, "on_exec"},
    {HookId::Exit, "exit", true, "on_exit"},
    {HookId::Adopt, "adopt", false, "on_adoption"},
    {HookId::Poll, "poll", false, "on_polls_asked", true},
    {HookId::Signal, "signal", false, "on_signal", true},
    {HookId::Http, "http", false, ""},
    {HookId::Fanotify, "fanotify", false, ""},
    {HookId::IoUring, "io_uring", false, "on_ring_completion"},
    {HookId::Mount, "mount", false, ""},
    {HookId::Cgroup, "cgroup", false, "on_cgroup_created", false, "on_cgroup_removed"},
    {HookId::IoUringFailed, "io_uring_failed", false, "on_ring_submission"},
}};

constexpr std::size_t place_of(HookId id) {
  return static_cast<std::size_t>(id);
}
constexpr std::string_view name_of(HookId id) {
  return kHooks[place_of(id)].name;
}

// One bit for each hook, at its place.
using HookSet = std::bitset<kHooks.size()>;

}  // namespace reloadtrace
