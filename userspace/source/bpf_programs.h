// SPDX-License-Identifier: Apache-2.0
// The BPF programs as they are in the kernel: chosen, loaded, attached, and what they share with
// userspace.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/source/bpf_options.h"
#include "userspace/source/fentry_links.h"
#include "userspace/source/hook_plan.h"
#include "userspace/source/http_patterns.h"
#include "userspace/source/kernel_probe.h"
#include "userspace/source/kernel_scope.h"
#include "userspace/source/program_cost.h"
#include "userspace/wire/record.h"

struct reloadtrace_bpf;

namespace reloadtrace {

class LoadLog;

struct SkeletonDeleter {
  void operator()(reloadtrace_bpf* s) const;
};
using SkeletonPtr = std::unique_ptr<reloadtrace_bpf, SkeletonDeleter>;

struct LinkDeleter {
  void operator()(bpf_link* l) const;
};
using LinkPtr = std::unique_ptr<bpf_link, LinkDeleter>;

class BpfPrograms {
 public:
  explicit BpfPrograms(const BpfOptions& options);

  // Learns of the kernel what the programs must be told, and chooses the tier. Errors: those of
  // BpfSource::open(), before anything is loaded.
  Result<> prepare();
  // Loads and attaches. What the kernel refuses is left out of the plan, one hook after the other.
  // Afterwards, until unload(), the rest is of use.
  Result<> load();
  void unload();

  HookPlan& plan() { return plan_; }
  const HookPlan& plan() const { return plan_; }

  ScopeMemory scope_memory() const;
  const bpf_link* adoption() const { return adoption_.get(); }  // null without that hook
  // Descriptors of the rings' maps, which live as long as the programs are loaded.
  int facts_ring() const;
  int activity_ring() const;

  // Grows with each loss that the programs count, all causes together; costs no system call.
  std::uint64_t losses_noted() const;
  // By cause, since they were loaded.
  Result<LossTotals> losses();
  // Whether runs may be missed, which nobody notes: a look at losses() tells.
  bool may_miss_runs() const { return preempted_ && plan_.fentry().any(); }

  // Looks at paths that the kernel side counted: are there any, are there some that it has not
  // reported yet (asking forgets that), and report them, with the idle ones.
  bool keeps_polls() const;
  bool take_pending_polls();
  void report_polls(Timestamp now);

  std::vector<ProgramCost> costs() const;
  void shed(HookId id);

 private:
  Result<> choose_tier();
  Result<> load_once(LoadLog& log, std::string& failed);
  Result<> attach_all(std::string& failed);
  Result<> attach_fentry(LoadLog& log, HookSet& without);
  Result<> list_unfinished_reads() const;
  bpf_program* fentry_handler(std::size_t prototype) const;
  void set_fentry_targets();
  void configure();
  void configure_http();

  BpfOptions options_;
  HookPlan plan_;
  SyscallFunctions functions_;  // none when all is seen by the tracepoint
  bool preempted_ = false;      // the kernel preempts itself, in stubs, too
  KernelDevices devices_;
  std::vector<HttpPattern> http_patterns_;
  // Order matters: links refer to what the skeleton owns, so they are destroyed first.
  SkeletonPtr skeleton_;
  std::vector<std::pair<std::string_view, LinkPtr>> links_;  // by the program's name
  LinkPtr adoption_;
  FentryLinks fentry_;
  std::vector<std::byte> counters_;  // of each CPU
};

}  // namespace reloadtrace
