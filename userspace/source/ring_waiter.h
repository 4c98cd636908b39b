// SPDX-License-Identifier: Apache-2.0
// Sleeps until there is something to do about ring buffers.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>

#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace {

class RingWaiter {
 public:
  // Descriptors that are readable when there are records; they outlive this.
  Result<> open(std::initializer_list<int> rings);

  // Until a record is written or, when the `oldest` that waits for others is known, until it has
  // waited for `bound`; at most until `deadline`. False: interrupted by a signal.
  Result<bool> wait(Timestamp deadline,
                    std::optional<Timestamp> oldest,
                    std::chrono::nanoseconds bound) const;

 private:
  UniqueFd epoll_;
};

}  // namespace reloadtrace
