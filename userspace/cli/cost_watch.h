// SPDX-License-Identifier: Apache-2.0
// --bpf-stats: what the programs cost while a session runs.
#pragma once

#include "userspace/cli/metrics_endpoint.h"
#include "userspace/source/bpf_source.h"
#include "userspace/source/cost_sampler.h"

namespace reloadtrace {

class CostWatch {
 public:
  // Both outlive it.
  CostWatch(const BpfSource& source, MetricsEndpoint* metrics);

  // To be called a few times a second. When the kernel refuses to count any longer it says so once
  // and gives up.
  void advance_to(Timestamp now);

 private:
  MetricsEndpoint* metrics_;  // null without --metrics
  CostSampler sampler_;
  bool refused_ = false;
};

}  // namespace reloadtrace
