// SPDX-License-Identifier: Apache-2.0
// What a process that has nothing to do with any volume pays: nanoseconds for one round of a loop.
//
//   reloadtrace-syscall-loop file ROUNDS   open + 2 × read + close of /etc/passwd
//   reloadtrace-syscall-loop getppid ROUNDS
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

void read_passwd() {
  char buffer[4096];
  const int fd = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  // The second read meets the end of the file, as every reader's last one does.
  if (fd < 0 || ::read(fd, buffer, sizeof buffer) < 0 || ::read(fd, buffer, sizeof buffer) < 0) {
    std::perror("/etc/passwd");
    std::exit(1);
  }
  ::close(fd);
}

void get_parent() {
  ::syscall(SYS_getppid);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  const long rounds = argc == 3 ? std::atol(argv[2]) : 0;
  if (rounds <= 0 || (what != "file" && what != "getppid")) {
    std::fprintf(stderr, "usage: reloadtrace-syscall-loop file|getppid ROUNDS\n");
    return 2;
  }
  void (*const once)() = what == "file" ? read_passwd : get_parent;
  for (long i = 0; i < rounds / 10; ++i) {
    once();  // warm
  }
  const auto begin = std::chrono::steady_clock::now();
  for (long i = 0; i < rounds; ++i) {
    once();
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.1f\n", took.count() / static_cast<double>(rounds));
}
