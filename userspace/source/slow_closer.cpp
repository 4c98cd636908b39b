// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/slow_closer.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>

namespace reloadtrace {
namespace {

// `kept` is sorted. A pipe of the owner's that stayed open here would keep its reader waiting.
void close_all_but(const std::vector<int>& kept) {
  unsigned next = 0;
  for (const int fd : kept) {
    const auto one = static_cast<unsigned>(fd);
    if (one > next) {
      ::close_range(next, one - 1, 0);
    }
    next = one + 1;
  }
  ::close_range(next, std::numeric_limits<unsigned>::max(), 0);
}

// In a child of a process that may have threads: system calls alone.
[[noreturn]] void obey(int orders, const std::vector<int>& kept) {
  ::setsid();  // a terminal's signals are for the owner
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  ::syscall(SYS_capset, &header, none.data());
  close_all_but(kept);
  int descriptor = -1;
  while (true) {
    const auto length = ::read(orders, &descriptor, sizeof(descriptor));
    if (length == sizeof(descriptor)) {
      ::close(descriptor);
    } else if (length >= 0 || errno != EINTR) {
      ::_exit(0);
    }
  }
}

}  // namespace

void SlowCloser::begin(const std::vector<UniqueFd*>& descriptors) {
  std::array<int, 2> ends{};
  if (descriptors.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return;
  }
  const UniqueFd reading(ends[0]);
  orders_.reset(ends[1]);
  std::vector<int> kept{reading.get()};
  for (const UniqueFd* descriptor : descriptors) {
    kept.push_back(descriptor->get());
  }
  std::ranges::sort(kept);
  // Two generations, so that nobody has to wait for the second one.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) {
      obey(reading.get(), kept);
    }
    ::_exit(0);
  }
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void SlowCloser::close(UniqueFd& descriptor) {
  const int number = descriptor.get();
  descriptor.reset();
  // SIGPIPE is ignored here; without a reader there is nobody to tell.
  static_cast<void>(::write(orders_.get(), &number, sizeof(number)) < 0);
}

}  // namespace reloadtrace
