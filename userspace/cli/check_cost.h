// SPDX-License-Identifier: Apache-2.0
// check --cost: what the BPF programs cost on this node.
#pragma once

#include "userspace/cli/command_line.h"
#include "userspace/sink/cost_report.h"
#include "userspace/source/bpf_source.h"

namespace reloadtrace {

std::vector<ProgramRuns> runs_of(const std::vector<ProgramCost>& costs);

// Of what was just attached, with the node's volumes tracked and its readers known as `trace` has
// them; where nothing is to be tracked, of a tracer that waits.
Result<CostReport> measure_cost(BpfSource& source, const CheckOptions& options);

// Of the tracer that is process `pid`.
Result<CostReport> measure_cost_of_process(std::uint32_t pid, double seconds);

}  // namespace reloadtrace
