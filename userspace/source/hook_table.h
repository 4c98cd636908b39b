// SPDX-License-Identifier: Apache-2.0
// What can be switched off alone. A hook that this kernel lacks is left out, and every verdict that
// needs it says so.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reloadtrace {

// A program in two forms: with direct loads, and for kernels before 6.2.
struct TwoForms {
  std::string_view direct;
  std::string_view probing;

  constexpr bool is(std::string_view program) const {
    return program == direct || program == probing;
  }
};

// The one program at the exit of every syscall.
inline constexpr TwoForms kDispatcher = {"on_syscall", "on_syscall_probing"};
// What the stubs at the exits of single syscalls jump to; fentry_links.h says why there are two.
inline constexpr std::array<TwoForms, 2> kFentryHandlers = {
    {{"on_function", "on_function_probing"},
     {"on_optional_function", "on_optional_function_probing"}}};

constexpr bool is_fentry_handler(std::string_view program) {
  return kFentryHandlers[0].is(program) || kFentryHandlers[1].is(program);
}

// Of the tier `fentry`: what tells of reads of queues that began before it
// (bpf/unfinished_reads.bpf.c).
inline constexpr std::string_view kListOfUnfinishedReads = "on_unfinished_read";
inline constexpr std::array<std::string_view, 4> kUnfinishedReads = {
    kListOfUnfinishedReads, "on_inotify_read", "on_fanotify_read", "on_notification_taken"};

constexpr bool is_of_unfinished_reads(std::string_view program) {
  return std::ranges::find(kUnfinishedReads, program) != kUnfinishedReads.end();
}

// How system calls are seen; the hooks with programs of their own are the same in both.
enum class HookTier : std::uint8_t {
  Tracepoint,  // one program at the exit of every system call
  Fentry,      // the exits of the functions of those that matter
};

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

// Those that see what is read of queues.
inline HookSet hooks_of_queues() {
  return HookSet().set(place_of(HookId::Inotify)).set(place_of(HookId::Fanotify));
}

}  // namespace reloadtrace
