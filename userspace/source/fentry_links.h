// SPDX-License-Identifier: Apache-2.0
// What the tier `fentry` adds to the skeleton: a stub at the exit (fexit) of each system call's own
// function. All stubs are the same three instructions, a tail call into the one handler, so that
// the verifier walks through the handler once and not 55 times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/source/fentry_table.h"
#include "userspace/source/program_cost.h"
#include "userspace/source/slow_closer.h"

namespace reloadtrace {

// A tail call needs the prototype of where it came from (kernel: bpf_prog_map_compatible), and BTF
// has two for these functions; bpf/syscalls.bpf.c says why.
inline constexpr std::size_t kFentryPrototypes = 2;

struct SyscallFunction {
  std::string name;  // "__x64_sys_openat"
  const FentryTarget* target = nullptr;
  std::uint32_t btf_id = 0;
  std::size_t prototype = 0;  // < kFentryPrototypes, the more frequent one first

  HookSet hooks() const { return HookSet(target->hooks); }
};

struct SyscallFunctions {
  std::vector<SyscallFunction> found;
  HookSet complete;  // hooks all of whose functions were found

  // The name of one that has this prototype; null when there is none.
  const SyscallFunction* any_of(std::size_t prototype) const;
};

// Looks the table up in the kernel's BTF.
Result<SyscallFunctions> find_syscall_functions();

// Attaches a program that does nothing, for a moment: the kernel may refuse (a lockdown, a missing
// ftrace, a hypervisor's policy). EPERM = not permitted to load it.
Result<> try_fentry(const SyscallFunction& function);

// To attach to a function takes the kernel a grace period (~0.1 s, synchronize_rcu_tasks in
// kernel/trace/ftrace.c), which threads can wait for together. To let it go takes another one,
// under a lock, so that 55 take 6 s: SlowCloser waits for that.
class FentryLinks {
 public:
  FentryLinks() = default;
  FentryLinks(const FentryLinks&) = delete;
  FentryLinks& operator=(const FentryLinks&) = delete;
  ~FentryLinks() { clear(); }

  // Where the stubs of a prototype jump to. The program must have it.
  Result<> set_handler(std::size_t prototype, int program);
  // Loads a stub. The handler of its prototype must be set.
  Result<> load(const SyscallFunction& function);
  // Attaches all that were loaded. On an error `refused` is the one whose function took none.
  Result<> attach(const FentryTarget*& refused);
  // Detaches what is of use to none of these.
  void keep_only(const HookSet& wanted);
  void clear();

  // Of each stub, together with what it jumped to.
  void add_costs(std::vector<ProgramCost>& costs) const;
  // Times that a stub did not run since it was already running on its CPU: someone was preempted in
  // it. Only a kernel that preempts itself has some. Since 5.12; before, 0.
  std::uint64_t missed() const;

 private:
  struct Link {
    const FentryTarget* target;
    UniqueFd program;
    UniqueFd link;
  };

  std::array<UniqueFd, kFentryPrototypes> jumps_;  // maps of one program
  std::vector<Link> links_;
  SlowCloser closer_;
};

}  // namespace reloadtrace
