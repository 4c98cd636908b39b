// SPDX-License-Identifier: Apache-2.0
// Sleeps until there is something to do about ring buffers.
#pragma once

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

  // Until a record is written or, when something waits already, until it is `due`; at most until
  // `deadline`. False: interrupted by a signal.
  Result<bool> wait(Timestamp deadline, std::optional<Timestamp> due) const;

 private:
  UniqueFd epoll_;
};

}  // namespace reloadtrace
