// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/background_release.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace reloadtrace {
namespace {

// `kept` is sorted. A pipe that is open here would keep its reader waiting.
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
[[noreturn]] void hold_until_end_of(int pipe, const std::vector<int>& kept) {
  close_all_but(kept);
  char nothing = 0;
  while (::read(pipe, &nothing, 1) < 0 && errno == EINTR) {
  }
  ::_exit(0);
}

}  // namespace

void release_in_background(std::vector<UniqueFd> descriptors) {
  std::erase_if(descriptors, [](const UniqueFd& fd) { return !fd; });
  std::array<int, 2> ends{};
  if (descriptors.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return;
  }
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);  // ends when ours are closed
  std::vector<int> kept{reading.get()};
  std::ranges::transform(descriptors, std::back_inserter(kept), &UniqueFd::get);
  std::ranges::sort(kept);
  // Two generations, so that nobody has to wait for the second one.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) {
      hold_until_end_of(reading.get(), kept);
    }
    ::_exit(0);
  }
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  descriptors.clear();
}

}  // namespace reloadtrace
