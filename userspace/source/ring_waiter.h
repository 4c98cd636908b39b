// SPDX-License-Identifier: Apache-2.0
// Sleeps until there is something to do about ring buffers.
#pragma once

#include <initializer_list>

#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace {

class RingWaiter {
 public:
  // Descriptors that are readable when there are records; they outlive this.
  Result<> open(std::initializer_list<int> rings);

  // Both return false when a signal interrupted them.
  //
  // Until a record is written, at most until `deadline`.
  Result<bool> wait(Timestamp deadline) const;
  // Whatever is written meanwhile.
  Result<bool> pause(Timestamp until) const;

 private:
  UniqueFd epoll_;
};

}  // namespace reloadtrace
