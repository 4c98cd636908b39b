// SPDX-License-Identifier: Apache-2.0
// What a process pays for being on a node that is traced: nanoseconds for one round of a loop.
//
//   reloadtrace-syscall-loop file ROUNDS        open + 2 × read + close of /etc/passwd
//   reloadtrace-syscall-loop getppid ROUNDS
//   reloadtrace-syscall-loop poll ROUNDS PATH   reads the file once, as its readers do, then looks
//   at
//                                               it 10,000 times a second: one stat
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;

constexpr auto kPollPeriod = std::chrono::microseconds(100);

void read_file(const char* path) {
  char buffer[4096];
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  // The second read meets the end of the file, as every reader's last one does.
  if (fd < 0 || ::read(fd, buffer, sizeof buffer) < 0 || ::read(fd, buffer, sizeof buffer) < 0) {
    std::perror(path);
    std::exit(1);
  }
  ::close(fd);
}

void read_passwd() {
  read_file("/etc/passwd");
}

void get_parent() {
  ::syscall(SYS_getppid);
}

// The mean of one round, one after the other.
double time_loop(long rounds, void (*once)()) {
  for (long i = 0; i < rounds / 10; ++i) {
    once();  // warm
  }
  const auto begin = Clock::now();
  for (long i = 0; i < rounds; ++i) {
    once();
  }
  return Nanoseconds(Clock::now() - begin).count() / static_cast<double>(rounds);
}

// The mean of one look without the slowest hundredth, in which something else ran.
double time_polls(long rounds, const char* path) {
  read_file(path);
  std::vector<double> looks;
  struct stat st {};
  for (auto due = Clock::now(); static_cast<long>(looks.size()) < rounds; due += kPollPeriod) {
    while (Clock::now() < due) {
    }
    const auto begin = Clock::now();
    if (::stat(path, &st) != 0) {
      std::perror(path);
      std::exit(1);
    }
    looks.push_back(Nanoseconds(Clock::now() - begin).count());
  }
  std::sort(looks.begin(), looks.end());
  looks.resize(looks.size() - looks.size() / 100);
  return std::accumulate(looks.begin(), looks.end(), 0.0) / static_cast<double>(looks.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc >= 3 ? argv[1] : "";
  const long rounds = argc >= 3 ? std::atol(argv[2]) : 0;
  if (rounds > 0 && what == "file" && argc == 3) {
    std::printf("%.1f\n", time_loop(rounds, read_passwd));
  } else if (rounds > 0 && what == "getppid" && argc == 3) {
    std::printf("%.1f\n", time_loop(rounds, get_parent));
  } else if (rounds > 0 && what == "poll" && argc == 4) {
    std::printf("%.1f\n", time_polls(rounds, argv[3]));
  } else {
    std::fprintf(stderr,
                 "usage: reloadtrace-syscall-loop file|getppid ROUNDS | poll ROUNDS PATH\n");
    return 2;
  }
}
