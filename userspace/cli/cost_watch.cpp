// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/cost_watch.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "userspace/cli/check_cost.h"
#include "userspace/cli/message.h"
#include "userspace/source/shedding.h"

namespace reloadtrace {
namespace {

std::uint64_t ppm(double percent) {
  return static_cast<std::uint64_t>(std::llround(percent * 1e4));
}

}  // namespace

CostWatch::CostWatch(BpfSource& source,
                     MetricsEndpoint* metrics,
                     std::optional<double> max_percent,
                     Tell tell)
    : source_(source),
      metrics_(metrics),
      max_percent_(max_percent),
      tell_(std::move(tell)),
      sampler_({}, [&source] { return source.costs(); }) {}

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
  if (!*ended) {
    return;
  }
  const SampledCost& cost = sampler_.cost();
  if (metrics_ != nullptr) {
    metrics_->set_cost(
        {std::chrono::duration<double>(cost.measured).count(), runs_of(cost.programs)});
  }
  if (max_percent_) {
    judge();
  }
}

void CostWatch::judge() {
  const SampledCost& cost = sampler_.cost();
  const bool over = cost.last_percent > *max_percent_;
  if (!over || !was_over_) {
    was_over_ = over;
    if (over) {
      sampler_.look_again();
    }
    return;
  }
  if (const auto next = next_to_shed(source_.there(), cost.last)) {
    shed(*next);
    was_over_ = false;  // what that saved shows in the next two
    sampler_.look_again();
  } else if (!exhausted_) {
    exhausted_ = true;
    say_to_user(
        fmt::format("the BPF programs cost {:.3g} % of a CPU (--max-overhead {}); nothing "
                    "is left to shed that would help",
                    cost.last_percent, *max_percent_));
  }
}

void CostWatch::shed(HookId id) {
  const double percent = sampler_.cost().last_percent;
  // Not later than what has been delivered: else deadlines would be judged before the rest was.
  tell_({source_.horizon(), std::string(name_of(id)), ppm(percent), ppm(*max_percent_)});
  source_.shed(id);
  say_to_user(
      fmt::format("the BPF programs cost {:.3g} % of a CPU (--max-overhead {}): hook {} "
                  "shed, verdicts are degraded from now on",
                  percent, *max_percent_, name_of(id)));
}

}  // namespace reloadtrace
