// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/check_cost.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "userspace/cli/clocks.h"
#include "userspace/cli/message.h"
#include "userspace/cli/node_places.h"
#include "userspace/cli/signals.h"
#include "userspace/node/node.h"
#include "userspace/source/program_cost.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 100ms;
constexpr Duration kRefreshInterval = 1s;

// Keeps the node's scope as `trace` does, and throws away what it finds.
class ScopedNode {
 public:
  ScopedNode(BpfSource& source, const NodePlaces& places)
      : source_(source), node_(Node::create(node_options(places), source, [](const auto& sentence) {
          say_to_user(sentence);
        })) {}

  Result<> begin() {
    if (auto found = node_->discover_volumes(monotonic_now(), count_); !found) {
      return found;
    }
    if (auto adopted = source_.adopt_watchers(); !adopted) {
      return adopted;
    }
    node_->discover_readers(monotonic_now(), count_);
    refreshed_ = monotonic_now();
    return Unit{};
  }

  Result<> turn() {
    const auto progress =
        source_.poll(kTurn, [this](const Event& event, auto) { node_->observe(event, count_); });
    if (!progress) {
      return progress.error();
    }
    const Timestamp now = monotonic_now();
    if (now - refreshed_ >= kRefreshInterval) {
      refreshed_ = now;
      node_->refresh(now, count_);
    }
    return Unit{};
  }

  std::size_t volumes() const { return volumes_.size(); }

 private:
  BpfSource& source_;
  std::unique_ptr<Node> node_;
  std::set<VolumeId> volumes_;
  Timestamp refreshed_;
  Node::Emit count_ = [this](const Event& fact) {
    if (const auto* volume = std::get_if<VolumeFact>(&fact)) {
      volumes_.insert(volume->id);
    }
  };
};

double seconds_between(Timestamp from, Timestamp to) {
  return std::chrono::duration<double>(to - from).count();
}

// Until then, or until the user has had enough.
bool goes_on(Timestamp begun, double seconds) {
  return !stop_requested() && seconds_between(begun, monotonic_now()) < seconds;
}

}  // namespace

std::vector<ProgramRuns> runs_of(const std::vector<ProgramCost>& costs) {
  std::vector<ProgramRuns> runs;
  runs.reserve(costs.size());
  for (const ProgramCost& cost : costs) {
    runs.push_back({cost.program, cost.runs, cost.run_ns});
  }
  return runs;
}

Result<CostReport> measure_cost(BpfSource& source, const CheckOptions& options) {
  const bool tracks = require_places(options.places).has_value();
  ScopedNode node(source, options.places);
  if (tracks) {
    if (auto begun = node.begin(); !begun) {
      return std::move(begun).error();
    }
  }
  const auto counting = RunCounting::begin();
  if (!counting) {
    return counting.error();
  }
  const std::vector<ProgramCost> before = source.costs();
  const Timestamp begun = monotonic_now();
  while (goes_on(begun, *options.cost_seconds)) {
    if (auto turned = node.turn(); !turned) {
      return std::move(turned).error();
    }
  }
  return CostReport{seconds_between(begun, monotonic_now()),
                    tracks ? fmt::format("{} volumes tracked", node.volumes())
                           : "nothing to track here: a tracer that waits",
                    runs_of(difference(before, source.costs()))};
}

Result<CostReport> measure_cost_of_process(std::uint32_t pid, double seconds) {
  const auto counting = RunCounting::begin();
  if (!counting) {
    return counting.error();
  }
  const auto before = costs_of_process(pid);
  if (!before) {
    return before.error();
  }
  const Timestamp begun = monotonic_now();
  while (goes_on(begun, seconds)) {
    ::poll(nullptr, 0, static_cast<int>(kTurn.count()));
  }
  const auto after = costs_of_process(pid);
  if (!after) {
    return after.error();
  }
  return CostReport{seconds_between(begun, monotonic_now()), fmt::format("process {}", pid),
                    runs_of(difference(*before, *after))};
}

}  // namespace reloadtrace
