// SPDX-License-Identifier: Apache-2.0
// Applications that start again, end, or wait for a signal.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

volatile std::sig_atomic_t hang_ups = 0;

void count_hang_up(int) {
  hang_ups = hang_ups + 1;
}

void wait_for_swap(Watch& watch, const Settings& settings) {
  for (;;) {
    for (const WatchEvent& event : watch.wait()) {
      if (is_swap(event, settings)) {
        return;
      }
    }
  }
}

// Calls `react` once for each SIGHUP that arrives.
template <class React>
[[noreturn]] void on_hang_up(const Settings& settings, React react) {
  sigset_t hang_up;
  sigset_t before;
  ::sigemptyset(&hang_up);
  ::sigaddset(&hang_up, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &hang_up, &before);
  std::signal(SIGHUP, count_hang_up);
  reread(settings);
  say_ready(settings);
  for (int handled = 0;; ++handled) {
    while (hang_ups == handled) {
      ::sigsuspend(&before);
    }
    react();
  }
}

void self_restarter(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  wait_for_swap(watch, settings);
  sleep_for(settings.delay);
  ::execv("/proc/self/exe", settings.argv);
  die("execv /proc/self/exe");
}

// The master reads nothing again: each new worker does, as it starts.
void worker_restarter(const Settings& settings) {
  Watch watch;
  watch.add(settings.directory);
  for (bool first = true;; first = false) {
    const pid_t worker = ::fork();
    if (worker < 0) {
      die("fork");
    }
    if (worker == 0) {
      reread(settings);
      if (first) {
        say_ready(settings);
      }
      sleep_for_ever();
    }
    wait_for_swap(watch, settings);
    sleep_for(settings.delay);
    ::kill(worker, SIGTERM);
    ::waitpid(worker, nullptr, 0);
  }
}

void exiter(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  wait_for_swap(watch, settings);
  sleep_for(settings.delay);
}

void signal_reader(const Settings& settings) {
  on_hang_up(settings, [&] { reread(settings); });
}

void signal_waster(const Settings& settings) {
  on_hang_up(settings, [] { say("noticed SIGHUP"); });
}

void signal_ignorer(const Settings& settings) {
  std::signal(SIGHUP, SIG_IGN);
  reread(settings);
  say_ready(settings);
  sleep_for_ever();
}

constexpr Behaviour kProcesses[] = {
    {"self-restarter", "watches DIR, executes itself anew and reads at its start", self_restarter},
    {"worker-restarter", "watches DIR, replaces a worker that reads at its start",
     worker_restarter},
    {"exiter", "watches DIR and ends when ..data is swapped", exiter},
    {"signal-reader", "rereads FILEs on SIGHUP", signal_reader},
    {"signal-waster", "handles SIGHUP and opens nothing", signal_waster},
    {"signal-ignorer", "ignores SIGHUP", signal_ignorer},
};

}  // namespace

std::span<const Behaviour> processes() {
  return kProcesses;
}

}  // namespace reloadtrace::actor
