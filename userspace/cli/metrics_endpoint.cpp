// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/metrics_endpoint.h"

#include <fmt/format.h>

#include <vector>

#include "userspace/cli/message.h"

namespace reloadtrace {

Result<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::open(const std::string& address,
                                                               bool per_pod) {
  const auto parsed = parse_metrics_address(address);
  if (!parsed) {
    return parsed.error();
  }
  auto server = MetricsServer::listen(*parsed);
  if (!server) {
    return std::move(server).error();
  }
  say_to_user(fmt::format("metrics at http://{}/metrics", (*server)->address()));
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(per_pod, std::move(*server)));
}

void MetricsEndpoint::publish(const Census& census) {
  std::vector<NamedCount> events;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    events.push_back({kKernelEventNames[i], events_[i]});
  }
  server_->publish(metrics_.text(census, events));
}

}  // namespace reloadtrace
