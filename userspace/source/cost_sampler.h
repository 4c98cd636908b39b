// SPDX-License-Identifier: Apache-2.0
// What the programs cost, sampled: the kernel counts in a window at the beginning of each period,
// and is left alone for the rest of it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/source/program_cost.h"

namespace reloadtrace {

struct CostWindows {
  Duration window = std::chrono::seconds(1);
  Duration period = std::chrono::seconds(10);
};

// Totals of all windows that have ended, and the last of them alone.
struct SampledCost {
  std::vector<ProgramCost> programs;
  Duration measured{};
  double last_percent = 0;  // of one CPU
  std::vector<ProgramCost> last;

  void add(const std::vector<ProgramCost>& window, Duration length);
};

class CostSampler {
 public:
  // What the programs have cost up to now.
  using Look = std::function<std::vector<ProgramCost>()>;

  CostSampler(CostWindows windows, Look look) : windows_(windows), look_(std::move(look)) {}

  // Begins and ends windows as `now` comes to them, to be called a few times a second: a window is
  // as long as it was, not as it should have been. True when one has ended. An error when the
  // kernel refuses to count.
  Result<bool> advance_to(Timestamp now);

  // The next window begins at once.
  void look_again() { begun_.reset(); }

  const SampledCost& cost() const { return cost_; }

 private:
  CostWindows windows_;
  Look look_;
  std::optional<RunCounting> counting_;  // while a window lasts
  std::optional<Timestamp> begun_;       // the window that lasts, or the last one
  std::vector<ProgramCost> before_;
  SampledCost cost_;
};

}  // namespace reloadtrace
