// SPDX-License-Identifier: Apache-2.0
// The live source: BPF programs attached to this kernel, their rings merged by time.
#pragma once

#include <memory>
#include <vector>

#include "userspace/source/bpf_options.h"
#include "userspace/source/event_source.h"
#include "userspace/source/hook_plan.h"
#include "userspace/source/program_cost.h"
#include "userspace/wire/scope.h"

namespace reloadtrace {

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
