// SPDX-License-Identifier: Apache-2.0
// What the kernel side is asked to report. The node knows what matters, the live source filters for
// it; neither knows the other. Also kernel-side words of the ABI, so it lies beside it.
#pragma once

#include <cstdint>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/wire/identity.h"

namespace reloadtrace {

// How the kernel-side filter treats a cgroup.
enum class CgroupScope : std::uint8_t {
  Unknown = 0,  // report its execs, so that it can be classified
  Tracked = 1,  // report its forks, execs, exits and failed opens
  Ignored = 2,  // only what touches a volume
};

// Each returns an error only when the kernel's map is full or gone. Repeating a call is harmless.
class Scope {
 public:
  virtual ~Scope() = default;

  virtual Result<> track_volume(VolumeId volume) = 0;
  virtual Result<> forget_volume(VolumeId volume) = 0;
  virtual Result<> scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) = 0;
  // (The kernel forgets a cgroup by itself when it is removed; only one that was scoped after that
  // is left to the caller.)
  virtual Result<> forget_cgroup(std::uint64_t cgroup_id) = 0;
  // Report this process' forks, execs, exit and failed opens. (The kernel adds those that touch a
  // volume by itself.)
  virtual Result<> track_process(std::uint32_t tgid) = 0;
  // Failed opens are reported only when the last component of their path was named here, renames
  // and symlinks only when the last but one was (or the last begins with ".."): names of the files
  // of volumes, and names that their directories go by.
  virtual Result<> add_file_name(std::string_view name) = 0;
  virtual Result<> add_directory_name(std::string_view name) = 0;
  // Finds the inotify instances that already watch tracked volumes, so that what they read is
  // reported. To be called after volumes were tracked.
  virtual Result<> adopt_watchers() = 0;
  // Report first publishes (renames and symlinks onto names that begin with ".."), mounts and new
  // cgroups even while nothing is tracked. Else the kernel side is silent until something is.
  virtual Result<> announce_volumes() = 0;
};

}  // namespace reloadtrace
