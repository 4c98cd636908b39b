// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/inbox.h"

#include <sys/eventfd.h>

namespace reloadtrace::live {

Inbox::Inbox(std::size_t capacity)
    : capacity_(capacity), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

bool Inbox::put(Item item) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.items.size() >= capacity_) {
      ++waiting_.dropped;
      return false;
    }
    wake = waiting_.items.empty();
    waiting_.items.push_back(std::move(item));
  }
  if (wake) {
    ::eventfd_write(wake_.get(), 1);
  }
  return true;
}

Inbox::Taken Inbox::take() {
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

}  // namespace reloadtrace::live
