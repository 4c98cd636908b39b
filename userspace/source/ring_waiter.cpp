// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/ring_waiter.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "userspace/source/kernel_probe.h"

namespace reloadtrace {

using namespace std::chrono_literals;

Result<> RingWaiter::open(std::initializer_list<int> rings) {
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  for (const int ring : rings) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ring, &interest) != 0) {
      return system_error(errno, "wait on the ring buffers");
    }
  }
  return Unit{};
}

Result<bool> RingWaiter::wait(Timestamp deadline, std::optional<Timestamp> due) const {
  const Timestamp now = monotonic_now();
  int ready = 0;
  if (due) {
    // Other records do not hurry this one, so the rings are not waited on.
    const auto left = std::max<std::int64_t>((std::min(*due, deadline) - now).count(), 0);
    const timespec pause{left / 1'000'000'000, left % 1'000'000'000};
    ready = ::ppoll(nullptr, 0, &pause, nullptr);
  } else {
    epoll_event event{};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    ready = ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(std::max(left, 0ms).count()));
  }
  if (ready < 0 && errno != EINTR) {
    return system_error(errno, "wait for the kernel's records");
  }
  return ready >= 0;
}

}  // namespace reloadtrace
