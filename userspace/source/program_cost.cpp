// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/program_cost.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

namespace reloadtrace {
namespace {

namespace fs = std::filesystem;

int bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof(attributes)));
}

bool always_counted() {
  int enabled = 0;
  std::ifstream("/proc/sys/kernel/bpf_stats_enabled") >> enabled;
  return enabled == 1;
}

Result<bpf_prog_info> info_of(int fd) {
  bpf_prog_info info{};
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof(attributes));
  attributes.info.bpf_fd = static_cast<__u32>(fd);
  attributes.info.info_len = sizeof(info);
  attributes.info.info = reinterpret_cast<std::uintptr_t>(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) != 0) {
    return system_error(errno, "ask about a BPF program");
  }
  return info;
}

ProgramCost cost_in(const bpf_prog_info& info) {
  return {std::string(info.name, ::strnlen(info.name, sizeof(info.name))), info.run_cnt,
          info.run_time_ns};
}

// The descriptors of a process that are BPF programs.
std::vector<int> programs_in(const fs::path& descriptors, std::error_code& failed) {
  std::vector<int> programs;
  for (auto at = fs::directory_iterator(descriptors, failed);
       !failed && at != fs::directory_iterator(); at.increment(failed)) {
    std::error_code gone;
    if (fs::read_symlink(at->path(), gone) == "anon_inode:bpf-prog") {
      programs.push_back(std::stoi(at->path().filename()));
    }
  }
  return programs;
}

}  // namespace

Result<RunCounting> RunCounting::begin() {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof(attributes));
  attributes.enable_stats.type = BPF_STATS_RUN_TIME;
  UniqueFd fd(bpf(BPF_ENABLE_STATS, attributes));
  const int error = errno;
  if (!fd && !always_counted()) {
    return with_context(system_error(error, "count the runs of BPF programs"),
                        error == EPERM ? "needs CAP_SYS_ADMIN, or sysctl kernel.bpf_stats_enabled=1"
                                       : "this kernel cannot");
  }
  return RunCounting(std::move(fd));
}

Result<ProgramCost> cost_of_program(int fd) {
  const auto info = info_of(fd);
  if (!info) {
    return info.error();
  }
  return cost_in(*info);
}

Result<std::vector<ProgramCost>> costs_of_process(std::uint32_t pid) {
  std::error_code failed;
  const std::vector<int> programs = programs_in(fmt::format("/proc/{}/fd", pid), failed);
  if (failed) {
    return Error{failed, fmt::format("look at process {}: {}", pid, failed.message())};
  }
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  std::set<std::uint32_t> counted;  // several descriptors may be of one program
  std::map<std::string, ProgramCost> costs;
  for (const int theirs : programs) {
    const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), theirs, 0)));
    if (!fd && errno != EBADF) {
      return system_error(errno, fmt::format("take the BPF programs of process {}", pid));
    }
    const auto info = fd ? info_of(fd.get()) : Result<bpf_prog_info>(Error{});
    if (!info || !counted.insert(info->id).second) {
      continue;
    }
    ProgramCost one = cost_in(*info);
    ProgramCost& sum = costs[one.program];
    sum = {one.program, sum.runs + one.runs, sum.run_ns + one.run_ns};
  }
  if (costs.empty()) {
    return Error{std::make_error_code(std::errc::no_such_process),
                 fmt::format("process {} has no BPF programs", pid)};
  }
  std::vector<ProgramCost> out;
  out.reserve(costs.size());
  for (auto& [name, cost] : costs) {
    out.push_back(std::move(cost));
  }
  return out;
}

std::vector<ProgramCost> difference(const std::vector<ProgramCost>& before,
                                    const std::vector<ProgramCost>& after) {
  std::vector<ProgramCost> added;
  for (ProgramCost cost : after) {
    const auto old = std::ranges::find(before, cost.program, &ProgramCost::program);
    if (old != before.end()) {
      cost.runs -= std::min(cost.runs, old->runs);
      cost.run_ns -= std::min(cost.run_ns, old->run_ns);
    }
    added.push_back(std::move(cost));
  }
  return added;
}

}  // namespace reloadtrace
