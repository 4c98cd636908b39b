// SPDX-License-Identifier: Apache-2.0
// What the BPF programs cost, program by program: for people, as JSON, and for Prometheus.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace reloadtrace {

struct ProgramRuns {
  std::string program;
  std::uint64_t runs = 0;
  std::uint64_t run_ns = 0;  // on all CPUs together

  double ns_per_run() const {
    return runs == 0 ? 0.0 : static_cast<double>(run_ns) / static_cast<double>(runs);
  }
  double cpu_percent(double seconds) const {  // of one CPU
    return seconds <= 0 ? 0.0 : static_cast<double>(run_ns) / (seconds * 1e7);
  }
};

struct CostReport {
  double seconds = 0;  // how long the kernel counted
  std::string of;      // "24 volumes", "process 1234"
  std::vector<ProgramRuns> programs;
};

// All together, under the name "total".
ProgramRuns total_of(const std::vector<ProgramRuns>& programs);

// The dearest first.
std::string to_table(const CostReport& report);
nlohmann::ordered_json json_of(const CostReport& report);

}  // namespace reloadtrace
