// SPDX-License-Identifier: Apache-2.0
// Where events come from: the running kernel, a recording, or a test.
#pragma once

#include <chrono>
#include <functional>
#include <span>

#include "userspace/wire/event.h"

namespace reloadtrace {

enum class Progress { Delivered, TimedOut, EndOfStream };

class EventSource {
 public:
  // `record` holds the bytes that `event` was decoded from (kernel record or encoded fact), for a
  // recorder; empty for facts made by the source itself (losses). Both are valid during the call.
  using Callback = std::function<void(const Event& event, std::span<const std::byte> record)>;

  virtual ~EventSource() = default;

  // Delivers what is ready in order of time, waiting at most `timeout` for the first. Being
  // interrupted by a signal is TimedOut. An error ends the session; what was delivered stands.
  virtual Result<Progress> poll(std::chrono::milliseconds timeout, const Callback& deliver) = 0;

  // Everything that happened before this has been delivered: deadlines up to it may be judged.
  virtual Timestamp horizon() const = 0;
};

}  // namespace reloadtrace
