// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/cost_sampler.h"

#include <algorithm>
#include <utility>

namespace reloadtrace {

void SampledCost::add(const std::vector<ProgramCost>& window, Duration length) {
  std::uint64_t sum = 0;
  for (const ProgramCost& one : window) {
    auto known = std::ranges::find(programs, one.program, &ProgramCost::program);
    if (known == programs.end()) {
      programs.push_back({one.program});
      known = programs.end() - 1;
    }
    known->runs += one.runs;
    known->run_ns += one.run_ns;
    sum += one.run_ns;
  }
  measured += length;
  last = window;
  last_percent = length <= Duration{}
                     ? 0.0
                     : 100.0 * static_cast<double>(sum) / static_cast<double>(length.count());
}

Result<bool> CostSampler::advance_to(Timestamp now) {
  if (counting_) {
    if (now - *begun_ < windows_.window) {
      return false;
    }
    cost_.add(difference(before_, look_()), now - *begun_);
    counting_.reset();
    return true;
  }
  if (begun_ && now - *begun_ < windows_.period) {
    return false;
  }
  auto counting = RunCounting::begin();
  if (!counting) {
    return std::move(counting).error();
  }
  counting_.emplace(*std::move(counting));
  begun_ = now;
  before_ = look_();
  return false;
}

}  // namespace reloadtrace
