// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <csignal>

namespace reloadtrace {
namespace {

// Set by handlers, hence at namespace scope; written nowhere else.
volatile std::sig_atomic_t g_stop = 0;
volatile std::sig_atomic_t g_reopen = 0;

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void take_signals(bool reopen_on_hangup) {
  const auto stop = [](int) { g_stop = 1; };
  handle(SIGINT, stop);
  handle(SIGTERM, stop);
  if (reopen_on_hangup) {
    handle(SIGHUP, [](int) { g_reopen = 1; });
  } else {
    handle(SIGHUP, stop);
  }
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);
}

bool stop_requested() {
  return g_stop != 0;
}

void request_stop() {
  ::kill(::getpid(), SIGINT);
}

bool take_reopen_request() {
  const bool requested = g_reopen != 0;
  g_reopen = 0;
  return requested;
}

}  // namespace reloadtrace
