// SPDX-License-Identifier: Apache-2.0
// Lets go of descriptors whose end takes the kernel long, without waiting for it.
#pragma once

#include <vector>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// A process of its own has a second reference to each of the descriptors, so that its owner's
// close() is never the last one. It has nothing else open, no capability, and executes nothing.
// When this ends, however it does, that process closes what is left and ends, too. Should somebody
// kill it before, the owner waits at each end himself, and nothing else changes.
class SlowCloser {
 public:
  // Forks; to be done before that is forbidden.
  void begin(const std::vector<UniqueFd*>& descriptors);
  // Only what it began with.
  void close(UniqueFd& descriptor);
  // After the owner has closed all of them.
  void end() { orders_.reset(); }

 private:
  UniqueFd orders_;  // a pipe: numbers of descriptors to close; its end is the last order
};

}  // namespace reloadtrace
