// SPDX-License-Identifier: Apache-2.0
// What can be switched off alone. A hook that this kernel lacks is left out, and every verdict that
// needs it says so.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace reloadtrace {

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
};

struct Hook {
  HookId id;
  std::string_view name;
  bool required;             // without it no verdict can be had
  bool in_dispatcher;        // a family of the one program at the exit of every syscall
  std::string_view program;  // the program which is its own; empty for a family
};

inline constexpr std::array<Hook, 11> kHooks = {{
    {HookId::Open, "open", true, true, ""},
    {HookId::Read, "read", true, true, ""},
    {HookId::Mmap, "mmap", false, true, ""},
    {HookId::Publish, "publish", true, true, ""},
    {HookId::Symlink, "symlink", false, true, ""},
    {HookId::Inotify, "inotify", false, true, ""},
    {HookId::WriteClose, "write_close", false, true, ""},
    {HookId::Fork, "fork", false, false, "on_fork"},
    {HookId::Exec, "exec", true, false, "on_exec"},
    {HookId::Exit, "exit", true, false, "on_exit"},
    {HookId::Adopt, "adopt", false, false, "on_adoption"},
}};

}  // namespace reloadtrace
