// SPDX-License-Identifier: Apache-2.0
// Applications that start again, or end.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

void wait_for_swap(Watch& watch, const Settings& settings) {
  for (;;) {
    for (const WatchEvent& event : watch.wait()) {
      if (is_swap(event, settings)) {
        return;
      }
    }
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

constexpr Behaviour kProcesses[] = {
    {"self-restarter", "watches DIR, executes itself anew and reads at its start", self_restarter},
    {"worker-restarter", "watches DIR, replaces a worker that reads at its start",
     worker_restarter},
    {"exiter", "watches DIR and ends when ..data is swapped", exiter},
};

}  // namespace

std::span<const Behaviour> processes() {
  return kProcesses;
}

}  // namespace reloadtrace::actor
