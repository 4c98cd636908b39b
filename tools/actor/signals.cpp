// SPDX-License-Identifier: Apache-2.0
// Applications that wait for a signal (--signal), or would do well to.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

volatile std::sig_atomic_t arrived = 0;

void count_signal(int) {
  arrived = arrived + 1;
}

// Returns the mask as it was.
sigset_t block(int signal) {
  sigset_t set;
  sigset_t before;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, &before);
  return before;
}

// Calls `react` once for each signal that its handler has counted.
template <class React>
[[noreturn]] void on_signal(const Settings& settings, React react) {
  const sigset_t before = block(settings.signal);
  std::signal(settings.signal, count_signal);
  say_ready(settings);
  for (int handled = 0;; ++handled) {
    while (arrived == handled) {
      ::sigsuspend(&before);
    }
    react();
  }
}

void signal_reader(const Settings& settings) {
  reread(settings);
  on_signal(settings, [&] { reread(settings); });
}

void signal_waster(const Settings& settings) {
  reread(settings);
  on_signal(settings, [] { say("noticed signal"); });
}

void signal_ignorer(const Settings& settings) {
  std::signal(settings.signal, SIG_IGN);
  reread(settings);
  say_ready(settings);
  sleep_for_ever();
}

// A container's first process does not even die of it: the kernel drops what it has no handler for.
void signal_victim(const Settings& settings) {
  std::signal(settings.signal, SIG_DFL);
  reread(settings);
  say_ready(settings);
  sleep_for_ever();
}

// The signal stays pending.
void signal_blocker(const Settings& settings) {
  block(settings.signal);
  reread(settings);
  say_ready(settings);
  sleep_for_ever();
}

// Go, Java and Python programs with a thread for signals: no handler, yet nothing is missed.
void signal_waiter(const Settings& settings) {
  block(settings.signal);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, settings.signal);
  reread(settings);
  say_ready(settings);
  for (int taken = 0;;) {
    if (::sigwait(&set, &taken) == 0) {
      reread(settings);
    }
  }
}

void signalfd_reader(const Settings& settings) {
  block(settings.signal);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, settings.signal);
  const UniqueFd queue(::signalfd(-1, &set, SFD_CLOEXEC));
  if (!queue) {
    die("signalfd");
  }
  reread(settings);
  say_ready(settings);
  for (signalfd_siginfo taken{};;) {
    if (::read(queue.get(), &taken, sizeof taken) == sizeof taken) {
      reread(settings);
    }
  }
}

// A worker that was forked with the file open and never learns of the signal.
[[noreturn]] void serve_old_file(const Settings& settings, const std::string& file, int fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  std::signal(settings.signal, SIG_IGN);
  for (;;) {
    sleep_for(settings.interval);
    std::string content(4096, '\0');
    const ssize_t got = ::pread(fd, content.data(), content.size(), 0);
    content.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    say_read(file, content);
  }
}

void stale_workers(const Settings& settings) {
  reread(settings);
  const std::string& file = settings.files.front();
  const UniqueFd kept = open_or_say(settings, file);
  for (unsigned i = 0; i < count_or(settings, 2); ++i) {
    const pid_t worker = ::fork();
    if (worker < 0) {
      die("fork");
    }
    if (worker == 0) {
      serve_old_file(settings, file, kept.get());
    }
  }
  on_signal(settings, [&] { reread(settings); });
}

// A reloader of another user, beside an application that would reread.
[[noreturn]] void signal_parent_when_swapped(const Settings& settings) {
  constexpr uid_t kNobody = 65534;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0) {
    die("setresuid");
  }
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  for (;;) {
    if (holds_swap(watch.wait(), settings) && ::kill(::getppid(), settings.signal) != 0) {
      say(std::string("kill failed: ") + std::strerror(errno));
    }
  }
}

void signal_forbidden(const Settings& settings) {
  std::signal(settings.signal, count_signal);
  reread(settings);
  const pid_t reloader = ::fork();
  if (reloader < 0) {
    die("fork");
  }
  if (reloader == 0) {
    signal_parent_when_swapped(settings);
  }
  for (int handled = 0;; handled = arrived) {
    while (arrived == handled) {
      ::pause();
    }
    reread(settings);
  }
}

constexpr Behaviour kSignalTakers[] = {
    {"signal-reader", "rereads FILEs on SIGHUP, or --signal", signal_reader},
    {"signal-waster", "handles the signal and opens nothing", signal_waster},
    {"signal-ignorer", "ignores the signal", signal_ignorer},
    {"signal-victim", "has no handler: dies of the signal", signal_victim},
    {"signal-blocker", "blocks the signal and never takes it", signal_blocker},
    {"signal-waiter", "blocks the signal, takes it by sigwait(), rereads FILEs", signal_waiter},
    {"signalfd-reader", "blocks the signal, takes it from a signalfd, rereads FILEs",
     signalfd_reader},
    {"signal-forbidden", "its reloader, of another user, may not send it the signal",
     signal_forbidden},
    {"stale-workers", "rereads on the signal; its COUNT workers keep reading the old first FILE",
     stale_workers},
};

}  // namespace

std::span<const Behaviour> signal_takers() {
  return kSignalTakers;
}

}  // namespace reloadtrace::actor
