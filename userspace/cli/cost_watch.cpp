// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/cost_watch.h"

#include <chrono>

#include "userspace/cli/check_cost.h"
#include "userspace/cli/message.h"

namespace reloadtrace {

CostWatch::CostWatch(const BpfSource& source, MetricsEndpoint* metrics)
    : metrics_(metrics), sampler_({}, [&source] { return source.costs(); }) {}

void CostWatch::advance_to(Timestamp now) {
  if (refused_) {
    return;
  }
  const auto ended = sampler_.advance_to(now);
  if (!ended) {
    refused_ = true;
    say_to_user(ended.error().message + "; what the programs cost is not known from now on");
    return;
  }
  if (*ended && metrics_ != nullptr) {
    const SampledCost& cost = sampler_.cost();
    metrics_->set_cost(
        {std::chrono::duration<double>(cost.measured).count(), runs_of(cost.programs)});
  }
}

}  // namespace reloadtrace
