// SPDX-License-Identifier: Apache-2.0
// The functions of the kernel that the tier `fentry` attaches to: one for each system call that the
// dispatcher knows (bpf/syscalls.bpf.h), under the name that it has in the kernel's sources
// (include/linux/syscalls.h), which is not always the call's own.
//
// Not security_file_open and its kin, though they would be fewer: they run before the call, and
// know neither its result nor how much was read, so their verdicts would be other ones.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "userspace/source/hook_table.h"

namespace reloadtrace {

struct FentryTarget {
  std::string_view syscall;
  unsigned long long hooks;  // that see by it, as the bits of a HookSet
  bool legacy = false;       // newer architectures (arm64) have a later call in its place
};

namespace fentry_table {

constexpr unsigned long long bit(HookId id) {
  return 1ULL << place_of(id);
}
inline constexpr auto kOpen = bit(HookId::Open);
inline constexpr auto kRead = bit(HookId::Read);
inline constexpr auto kMmap = bit(HookId::Mmap);
inline constexpr auto kPublish = bit(HookId::Publish);
inline constexpr auto kSymlink = bit(HookId::Symlink);
inline constexpr auto kWriteClose = bit(HookId::WriteClose);
inline constexpr auto kHttp = bit(HookId::Http);
inline constexpr auto kMount = bit(HookId::Mount);
inline constexpr auto kPoll = bit(HookId::Poll);
inline constexpr auto kSignal = bit(HookId::Signal);
// Together: one read() is asked for both kinds of queues at once.
inline constexpr auto kWatches = bit(HookId::Inotify) | bit(HookId::Fanotify);

}  // namespace fentry_table

inline constexpr auto kFentryTargets = [] {
  using namespace fentry_table;
  return std::to_array<FentryTarget>({
      {"open", kOpen, true},
      {"openat", kOpen},
      {"openat2", kOpen},
      {"creat", kOpen, true},
      {"read", kRead | kWatches | kHttp},
      {"readv", kRead | kWatches | kHttp},
      {"pread64", kRead},
      {"preadv", kRead},
      {"preadv2", kRead},
      {"sendfile64", kRead},
      {"splice", kRead},
      {"copy_file_range", kRead},
      {"mmap", kMmap},
      {"rename", kPublish, true},
      {"renameat", kPublish},
      {"renameat2", kPublish},
      {"symlink", kSymlink, true},
      {"symlinkat", kSymlink},
      {"inotify_init", kWatches, true},
      {"inotify_init1", kWatches},
      {"inotify_add_watch", kWatches},
      {"inotify_rm_watch", kWatches},
      {"fanotify_init", kWatches},
      {"fanotify_mark", kWatches},
      {"close", kWriteClose},
      {"close_range", kWriteClose},
      {"dup2", kWriteClose, true},
      {"dup3", kWriteClose},
      {"execve", kWriteClose},
      {"execveat", kWriteClose},
      {"munmap", kWriteClose},
      {"recvfrom", kHttp},
      {"recvmsg", kHttp},
      {"write", kHttp},
      {"writev", kHttp},
      {"sendto", kHttp},
      {"sendmsg", kHttp},
      {"mount", kMount},
      {"move_mount", kMount},
      {"umount", kMount},
      {"newstat", kPoll, true},
      {"newlstat", kPoll, true},
      {"newfstatat", kPoll},
      {"statx", kPoll},
      {"readlink", kPoll, true},
      {"readlinkat", kPoll},
      {"access", kPoll, true},
      {"faccessat", kPoll},
      {"faccessat2", kPoll},
      {"kill", kSignal},
      {"tkill", kSignal},
      {"tgkill", kSignal},
      {"rt_sigqueueinfo", kSignal},
      {"rt_tgsigqueueinfo", kSignal},
      {"pidfd_send_signal", kSignal},
  });
}();

// The stub's name, cut as the kernel cuts it.
inline constexpr std::string_view kStubPrefix = "sys_";
constexpr bool is_stub_of(std::string_view program, std::string_view syscall) {
  if (!program.starts_with(kStubPrefix)) {
    return false;
  }
  program.remove_prefix(kStubPrefix.size());
  constexpr std::size_t kKept = 15 - kStubPrefix.size();  // BPF_OBJ_NAME_LEN - 1
  return program.substr(0, kKept) == syscall.substr(0, kKept);
}

}  // namespace reloadtrace
