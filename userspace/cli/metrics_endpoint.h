// SPDX-License-Identifier: Apache-2.0
// --metrics: the numbers of this session, and who serves them.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "userspace/engine/engine.h"
#include "userspace/sink/metrics.h"
#include "userspace/sink/metrics_server.h"
#include "userspace/wire/event_name.h"

namespace reloadtrace {

class MetricsEndpoint {
 public:
  // Listens at `address`, and says so.
  static Result<std::unique_ptr<MetricsEndpoint>> open(const std::string& address, bool per_pod);

  // Answers from now on.
  void serve() { server_->serve(); }

  // Takes every report.
  Sink& sink() { return metrics_; }
  void count(const Event& event) {
    if (event.index() < events_.size()) {
      ++events_[event.index()];
    }
  }
  void set_cost(SampledRuns cost) { metrics_.set_cost(std::move(cost)); }
  // Puts the numbers of now where scrapes find them: the session is alive.
  void publish(const Census& census);

 private:
  MetricsEndpoint(bool per_pod, std::unique_ptr<MetricsServer> server)
      : metrics_(per_pod), server_(std::move(server)) {}

  Metrics metrics_;
  std::array<std::uint64_t, kKernelEventNames.size()> events_{};
  std::unique_ptr<MetricsServer> server_;
};

}  // namespace reloadtrace
