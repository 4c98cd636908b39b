// SPDX-License-Identifier: Apache-2.0
// What a process pays for being on a node that is traced: nanoseconds for one round of a loop, as
// "WALL CPU". The processor's time is what can be compared on a machine that does other things,
// too.
//
//   reloadtrace-syscall-loop file ROUNDS [PATH]   open + 2 × read + close, of /etc/passwd
//   reloadtrace-syscall-loop getppid ROUNDS
//   reloadtrace-syscall-loop poll ROUNDS PATH     reads the file once, as its readers do, then
//   looks
//                                                 at it 10,000 times a second: one stat
//   reloadtrace-syscall-loop ping-pong ROUNDS     1 KiB over a socket to another process and back;
//                                                 both on one CPU, and the time of both
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <numeric>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;

constexpr auto kPollPeriod = std::chrono::microseconds(100);

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

void read_file(const char* path) {
  char buffer[4096];
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  // The second read meets the end of the file, as every reader's last one does.
  if (fd < 0 || ::read(fd, buffer, sizeof buffer) < 0 || ::read(fd, buffer, sizeof buffer) < 0) {
    die(path);
  }
  ::close(fd);
}

void get_parent() {
  ::syscall(SYS_getppid);
}

struct Times {
  double wall = 0;
  double cpu = 0;
};

double nanoseconds_of(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0) {
    die("clock_gettime");
  }
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// The mean of one round, one after the other; its processor time is that of all `clocks`.
template <typename Once>
Times time_loop(long rounds, Once once, std::initializer_list<clockid_t> clocks) {
  const auto times = [&clocks] {
    Times now{.wall = nanoseconds_of(CLOCK_MONOTONIC)};
    for (const clockid_t clock : clocks) {
      now.cpu += nanoseconds_of(clock);
    }
    return now;
  };
  for (long i = 0; i < rounds / 10; ++i) {
    once();  // warm
  }
  const Times begin = times();
  for (long i = 0; i < rounds; ++i) {
    once();
  }
  const Times end = times();
  const auto count = static_cast<double>(rounds);
  return {(end.wall - begin.wall) / count, (end.cpu - begin.cpu) / count};
}

// The mean of one look without the slowest hundredth, in which something else ran.
Times time_polls(long rounds, const char* path) {
  read_file(path);
  std::vector<double> looks;
  struct stat st {};
  for (auto due = Clock::now(); static_cast<long>(looks.size()) < rounds; due += kPollPeriod) {
    while (Clock::now() < due) {
    }
    const auto begin = Clock::now();
    if (::stat(path, &st) != 0) {
      die(path);
    }
    looks.push_back(Nanoseconds(Clock::now() - begin).count());
  }
  std::sort(looks.begin(), looks.end());
  looks.resize(looks.size() - looks.size() / 100);
  const double mean =
      std::accumulate(looks.begin(), looks.end(), 0.0) / static_cast<double>(looks.size());
  return {mean, mean};
}

using Message = std::array<char, 1024>;

void pass_on(int socket, const Message& message) {
  if (::write(socket, message.data(), message.size()) != static_cast<ssize_t>(message.size())) {
    die("write");
  }
}

// False when the other side has closed.
bool take(int socket, Message& message) {
  std::size_t taken = 0;
  while (taken < message.size()) {
    const ssize_t got = ::read(socket, message.data() + taken, message.size() - taken);
    if (got <= 0) {
      return false;
    }
    taken += static_cast<std::size_t>(got);
  }
  return true;
}

void stay_on_this_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) {
    die("sched_setaffinity");
  }
}

Times time_ping_pong(long rounds) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    die("socketpair");
  }
  stay_on_this_cpu();
  Message message;
  message.fill('x');
  const pid_t child = ::fork();
  if (child < 0) {
    die("fork");
  }
  if (child == 0) {
    ::close(ends[0]);
    while (take(ends[1], message)) {
      pass_on(ends[1], message);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  clockid_t childs_clock = 0;
  if (::clock_getcpuclockid(child, &childs_clock) != 0) {
    die("clock_getcpuclockid");
  }
  const auto once = [&] {
    pass_on(ends[0], message);
    if (!take(ends[0], message)) {
      die("read");
    }
  };
  return time_loop(rounds, once, {CLOCK_PROCESS_CPUTIME_ID, childs_clock});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc >= 3 ? argv[1] : "";
  const long rounds = argc >= 3 ? std::atol(argv[2]) : 0;
  Times times;
  if (rounds > 0 && what == "file" && argc <= 4) {
    const char* path = argc == 4 ? argv[3] : "/etc/passwd";
    times = time_loop(rounds, [path] { read_file(path); }, {CLOCK_PROCESS_CPUTIME_ID});
  } else if (rounds > 0 && what == "getppid" && argc == 3) {
    times = time_loop(rounds, get_parent, {CLOCK_PROCESS_CPUTIME_ID});
  } else if (rounds > 0 && what == "poll" && argc == 4) {
    times = time_polls(rounds, argv[3]);
  } else if (rounds > 0 && what == "ping-pong" && argc == 3) {
    times = time_ping_pong(rounds);
  } else {
    std::fprintf(stderr,
                 "usage: reloadtrace-syscall-loop file ROUNDS [PATH] | getppid|ping-pong ROUNDS |"
                 " poll ROUNDS PATH\n");
    return 2;
  }
  std::printf("%.1f %.1f\n", times.wall, times.cpu);
}
