// SPDX-License-Identifier: Apache-2.0
// The live source: BPF programs attached to this kernel, their rings merged by time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "userspace/source/event_source.h"
#include "userspace/source/hook_plan.h"
#include "userspace/source/program_cost.h"
#include "userspace/wire/scope.h"

namespace reloadtrace {

// Which tier the system calls are seen in; HookTier has them.
enum class HookChoice : std::uint8_t {
  Auto,  // fentry where it attaches and delivers, and where the kernel does not preempt itself
  Tracepoint,  // never fentry
  Fentry,      // what cannot be had so is Missing
};

struct BpfOptions {
  HookChoice hooks = HookChoice::Auto;
  // A file with the types of this kernel, when it was built without; kernel_btf.h. System calls are
  // then seen by the tracepoint, and watches from before the start not at all (hook `adopt`).
  std::string btf;
  // Rings, in bytes; powers of two and multiples of the page size. The first carries what must not
  // be lost (publishes, watches, processes), the other one opens and reads. With 512 KiB a publish
  // of 180 volumes at once did not fit.
  std::uint32_t facts_ring = 2 * 1024 * 1024;
  std::uint32_t activity_ring = 2 * 1024 * 1024;
  // Of RecordRings.
  std::chrono::nanoseconds gathering = std::chrono::microseconds(500);
  // Events of this process are never reported. 0 = the caller's own.
  std::uint32_t self_tgid = 0;
  // Where the node's processes are shown: pid 1 there lives in the node's mount namespace.
  std::string proc = "/proc";
  // Request lines that count as reload requests beside those that always do; http_patterns.h has
  // their syntax.
  std::vector<std::string> http_triggers;
  // For tests: leave these hooks out as if the kernel lacked them.
  std::vector<std::string> without_hooks;
  // For tests: let these attach, and then see nothing.
  std::vector<std::string> muted_hooks;

  bool operator==(const BpfOptions&) const = default;
};

class BpfSource : public EventSource, public Scope {
 public:
  // Loads, attaches, and tests whether the hooks deliver (self_test.h). Needs CAP_BPF and
  // CAP_PERFMON (or root) and BTF. Hooks that this kernel lacks, and those that attach and
  // deliver nothing, are left out one by one and shown as Missing; the error of a required one says
  // what is missing and what to do, with the code of its cause (EPERM, ENOENT for no BTF, …).
  static Result<std::unique_ptr<BpfSource>> open(const BpfOptions& options);

  // In a fixed order; the names of the `start` line.
  virtual std::vector<HookStatus> hooks() const = 0;
  virtual HookProof proof_of(HookId id) const = 0;
  // Of each program of its own, what the kernel has counted so far.
  virtual std::vector<ProgramCost> costs() const = 0;
  // Those that are there, and were not shed.
  virtual HookSet there() const = 0;
  // Gives up one of shedding.h for the rest of the session: the kernel side does nothing for it any
  // more, and it is Missing.
  virtual void shed(HookId id) = 0;
};

}  // namespace reloadtrace
