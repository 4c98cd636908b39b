// SPDX-License-Identifier: Apache-2.0
// --bpf-stats and --max-overhead: what the programs cost while a session runs, and what is done
// about it.
#pragma once

#include <functional>
#include <optional>

#include "userspace/cli/metrics_endpoint.h"
#include "userspace/source/bpf_source.h"
#include "userspace/source/cost_sampler.h"

namespace reloadtrace {

class CostWatch {
 public:
  using Tell = std::function<void(const ShedFact& fact)>;

  // `max_percent`: of one CPU; more than that in two windows running, and a hook is shed. Told just
  // before, so that nothing is concluded from what it does not see. `source` and `metrics` (null
  // without --metrics) outlive it.
  CostWatch(BpfSource& source,
            MetricsEndpoint* metrics,
            std::optional<double> max_percent,
            Tell tell);

  // To be called a few times a second. When the kernel refuses to count any longer it says so once
  // and gives up.
  void advance_to(Timestamp now);

 private:
  void judge();
  void shed(HookId id);

  BpfSource& source_;
  MetricsEndpoint* metrics_;
  std::optional<double> max_percent_;
  Tell tell_;
  CostSampler sampler_;
  bool refused_ = false;
  bool was_over_ = false;   // in the window before
  bool exhausted_ = false;  // nothing is left to shed, and that was said
};

}  // namespace reloadtrace
