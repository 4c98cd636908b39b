// SPDX-License-Identifier: Apache-2.0
// Where --metrics listens.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace {

struct MetricsAddress {
  sockaddr_storage address{};
  socklen_t length = 0;
  bool both_families = false;  // an IPv6 socket that takes IPv4 too; without IPv6, 0.0.0.0

  // "127.0.0.1:9464", "[::1]:9464"
  std::string text() const;
};

// "127.0.0.1:9464", "[::1]:9464", "localhost:9464" or "9464" (this machine alone), "0.0.0.0:9464",
// ":9464" (all addresses). No host names: looking them up is no work for a tracer. Port 0 = any.
Result<MetricsAddress> parse_metrics_address(std::string_view text);

// A listening, non-blocking socket; `address` becomes what it is bound to.
Result<UniqueFd> listen_at(MetricsAddress& address);

}  // namespace reloadtrace
