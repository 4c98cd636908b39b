// SPDX-License-Identifier: Apache-2.0
// The processes below an injected /proc. What has gone since is an empty optional.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/node/boot_clock.h"
#include "userspace/node/cgroup_path.h"

namespace reloadtrace::node {

class ProcFs {
 public:
  explicit ProcFs(std::string root) : root_(std::move(root)) {}

  std::string path(std::uint32_t tgid, std::string_view name) const;
  std::optional<std::string> read(std::uint32_t tgid, std::string_view name) const;
  std::optional<std::string> link(std::uint32_t tgid, std::string_view name) const;
  std::string mountinfo_of_self() const;
  std::string cgroup_of_self() const;
  // Whether our own cgroup namespace is not the first one.
  bool in_cgroup_namespace() const;
  std::vector<std::uint32_t> processes() const;
  // Of ticks since boot; unset when the machine may have been suspended after that moment.
  Timestamp start_at(std::uint64_t ticks) const;

 private:
  std::string root_;
  mutable BootClock clock_;  // remembers when it was looked at
};

struct Process {
  std::uint32_t tgid = 0;
  std::uint32_t parent = 0;  // 0 = outside of what this /proc shows
  // The kernel shows it in ticks of 10 ms since boot: up to that much earlier than the truth. Unset
  // when it cannot be told, see boot_clock.h.
  Timestamp started;
  std::string comm;
  std::string cgroup;  // path in the chosen hierarchy; empty = not readable
  bool kernel_thread = false;
  bool ended = false;  // nobody has waited for it yet
};

// The fields of /proc/PID/stat that matter here; its comm may hold spaces and parentheses.
struct ProcessStat {
  std::string comm;
  std::uint32_t parent = 0;
  std::uint32_t flags = 0;
  char state = '?';  // 'R', 'S', 'Z' …, of its first thread
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot, time asleep included
};
std::optional<ProcessStat> parse_stat(std::string_view text);

std::optional<Process> read_process(const ProcFs& proc, std::uint32_t tgid, const CgroupView& view);

// The pid namespace's inode number, from ns/pid ("pid:[4026531836]"); 0 = not readable.
std::uint64_t pid_namespace_of(const ProcFs& proc, std::uint32_t tgid);

// How many pid namespaces a process has a number in (NSpid of /proc/PID/status); 0 = not readable.
std::size_t pid_depth_of(const ProcFs& proc, std::uint32_t tgid);
std::size_t count_namespace_pids(std::string_view status);

// The path of what a process executes; empty when it cannot be read.
std::string executable_of(const ProcFs& proc, std::uint32_t tgid);

}  // namespace reloadtrace::node
