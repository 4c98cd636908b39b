// SPDX-License-Identifier: Apache-2.0
// Serves /metrics and /healthz to whoever asks, from a thread of its own.
//
// The thread shares one thing with the rest: the page that publish() last put there, swapped under
// a mutex that is never held while somebody is written to. So no client, however slow or hostile,
// can hold up the tracer; and what a client can take is bounded: GET and HEAD of two paths, small
// headers, no body, one request a connection, a few connections at once, a few seconds for each.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "userspace/base/result.h"
#include "userspace/sink/metrics_address.h"

namespace reloadtrace {

struct MetricsLimits {
  // /healthz is 503 when the tracer has published nothing for that long.
  std::chrono::milliseconds silence = std::chrono::seconds(10);
  // A connection is cut after that long, whatever it has got.
  std::chrono::milliseconds patience = std::chrono::seconds(5);
  // More wait in the kernel until one of these has ended.
  std::size_t connections = 16;
};

class MetricsServer {
 public:
  // Whoever connects waits from now on, until serve().
  static Result<std::unique_ptr<MetricsServer>> listen(MetricsAddress address,
                                                       MetricsLimits limits = {});
  // Starts the thread, with the privileges that its caller has then. Until the first publish() both
  // paths are 503. Once.
  void serve();
  // Ends the thread and all connections.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // What /metrics gives from now on, and a sign of life for /healthz. Does not block.
  void publish(std::string page);

  // "127.0.0.1:9464": with the port that the kernel chose if none was asked for.
  std::string address() const;

 private:
  class Loop;
  explicit MetricsServer(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace reloadtrace
