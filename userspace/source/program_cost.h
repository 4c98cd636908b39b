// SPDX-License-Identifier: Apache-2.0
// What BPF programs cost, as the kernel counts it while somebody asks it to.
//
// A run takes two readings of the clock more then. What it costs to get into a program (~20 ns) is
// not in its time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// Totals since the program was loaded, of the times when the kernel counted.
struct ProgramCost {
  std::string program;
  std::uint64_t runs = 0;
  std::uint64_t run_ns = 0;  // on all CPUs together
};

// The kernel counts the runs of all BPF programs, not of ours alone, as long as this lives. Needs
// CAP_SYS_ADMIN and Linux 5.8, unless the sysctl kernel.bpf_stats_enabled is set.
class RunCounting {
 public:
  static Result<RunCounting> begin();

 private:
  explicit RunCounting(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

// Of the program behind a descriptor. Its name is cut to 15 bytes by the kernel.
Result<ProgramCost> cost_of_program(int fd);

// The programs that another process holds, of one name together and in the order of names. Needs
// to be allowed to trace it (CAP_SYS_PTRACE). An error when there is no such process, or it has
// none.
Result<std::vector<ProgramCost>> costs_of_process(std::uint32_t pid);

// What was added between two looks, program by program.
std::vector<ProgramCost> difference(const std::vector<ProgramCost>& before,
                                    const std::vector<ProgramCost>& after);

}  // namespace reloadtrace
