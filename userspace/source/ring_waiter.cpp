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

namespace {

Result<bool> was_not_interrupted(int waited) {
  if (waited < 0 && errno != EINTR) {
    return system_error(errno, "wait for the kernel's records");
  }
  return waited >= 0;
}

}  // namespace

Result<bool> RingWaiter::wait(Timestamp deadline) const {
  epoll_event event{};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - monotonic_now());
  return was_not_interrupted(
      ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(std::max(left, 0ms).count())));
}

Result<bool> RingWaiter::pause(Timestamp until) const {
  const std::int64_t left = (until - monotonic_now()).count();
  if (left <= 0) {
    return true;
  }
  const timespec pause{left / 1'000'000'000, left % 1'000'000'000};
  return was_not_interrupted(::ppoll(nullptr, 0, &pause, nullptr));
}

}  // namespace reloadtrace
