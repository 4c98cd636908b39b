// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/cost_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace reloadtrace {
namespace {

std::vector<ProgramRuns> dearest_first(const CostReport& report) {
  std::vector<ProgramRuns> programs = report.programs;
  std::ranges::stable_sort(programs, std::ranges::greater(), &ProgramRuns::run_ns);
  programs.push_back(total_of(programs));
  return programs;
}

}  // namespace

ProgramRuns total_of(const std::vector<ProgramRuns>& programs) {
  ProgramRuns total{.program = "total"};
  for (const ProgramRuns& one : programs) {
    total.runs += one.runs;
    total.run_ns += one.run_ns;
  }
  return total;
}

std::string to_table(const CostReport& report) {
  std::string out =
      fmt::format("cost of the BPF programs over {:.1f} s, {}\n\n", report.seconds, report.of);
  out += fmt::format("  {:<20} {:>12} {:>14} {:>8} {:>12}\n", "program", "runs", "ns in all",
                     "ns a run", "% of one CPU");
  for (const ProgramRuns& one : dearest_first(report)) {
    out += fmt::format("  {:<20} {:>12} {:>14} {:>8.0f} {:>12.3f}\n", one.program, one.runs,
                       one.run_ns, one.ns_per_run(), one.cpu_percent(report.seconds));
  }
  return out;
}

nlohmann::ordered_json json_of(const CostReport& report) {
  const auto json_of_one = [&](const ProgramRuns& one) {
    return nlohmann::ordered_json{{"program", one.program},
                                  {"runs", one.runs},
                                  {"run_ns", one.run_ns},
                                  {"ns_per_run", one.ns_per_run()},
                                  {"cpu_percent", one.cpu_percent(report.seconds)}};
  };
  nlohmann::ordered_json out{{"seconds", report.seconds}, {"of", report.of}};
  std::vector<ProgramRuns> programs = dearest_first(report);
  out["total"] = json_of_one(programs.back());
  programs.pop_back();
  out["programs"] = nlohmann::ordered_json::array();
  for (const ProgramRuns& one : programs) {
    out["programs"].push_back(json_of_one(one));
  }
  return out;
}

}  // namespace reloadtrace
