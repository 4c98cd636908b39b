// SPDX-License-Identifier: Apache-2.0
// reloadtrace-actor: an application with one named way of treating its config files.
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"

namespace reloadtrace::actor {
namespace {

// Without a handler a container's first process would not even notice SIGTERM.
void leave(int) {
  ::_exit(0);
}

int main_with(int argc, char** argv) {
  CLI::App app("Reads config files well or badly, to be watched while it does.");
  Settings settings;
  settings.argv = argv;
  std::string name;
  bool list = false;
  bool stay = false;
  unsigned interval_ms = 1000;
  unsigned interval_us = 0;
  unsigned delay_ms = 0;
  const std::map<std::string, int> signals = {
      {"HUP", SIGHUP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
  app.add_option("BEHAVIOUR", name, "see --list");
  app.add_option("DIR", settings.directory, "the volume");
  app.add_option("FILE", settings.files, "files in DIR; default: whatever it shows");
  app.add_option("--interval", interval_ms, "milliseconds between two looks");
  CLI::Option* interval_us_given =
      app.add_option("--interval-us", interval_us, "the same in microseconds");
  app.add_option("--delay", delay_ms, "milliseconds between noticing and rereading");
  app.add_option("--piece", settings.piece, "bytes to read at once, of what reads in pieces")
      ->check(CLI::PositiveNumber);
  app.add_option("--count", settings.count, "of what happens a number of times");
  app.add_flag("--stay", stay, "sleep after \"done\" instead of ending");
  app.add_option("--signal", settings.signal, "that asks for a reload: HUP, USR1 or USR2")
      ->transform(CLI::CheckedTransformer(signals));
  app.add_option("--port", settings.port, "to listen on; 0: any, said as \"port N\"");
  app.add_option("--reload-path", settings.reload_path, "of the request; default: any");
  app.add_option("--socket-calls", settings.socket_calls, "read, recv, vector or message")
      ->check(CLI::IsMember({"read", "recv", "vector", "message"}));
  app.add_option("--temporary", settings.temporary, "directory for copies, default /tmp");
  app.add_option("--ready-file", settings.ready_file, "created when armed");
  app.add_flag("--list", list, "the behaviours");
  CLI11_PARSE(app, argc, argv);
  settings.interval = std::chrono::milliseconds(interval_ms);
  if (interval_us_given->count() > 0) {
    settings.interval = std::chrono::microseconds(interval_us);
    ::prctl(PR_SET_TIMERSLACK,
            1UL);  // nanosecond: else each sleep takes up to 50 microseconds more
  }
  settings.delay = std::chrono::milliseconds(delay_ms);
  if (list) {
    std::fputs(list_of_behaviours().c_str(), stdout);
    return 0;
  }
  const Behaviour* behaviour = find_behaviour(name);
  if (behaviour == nullptr || settings.directory.empty()) {
    std::fprintf(stderr, "reloadtrace-actor: needs a BEHAVIOUR (see --list) and a DIR\n");
    return 2;
  }
  std::signal(SIGTERM, leave);
  std::signal(SIGINT, leave);
  if (settings.files.empty()) {
    settings.files = visible_files(settings.directory);
  }
  if (settings.files.empty()) {
    std::fprintf(stderr, "reloadtrace-actor: %s shows no file\n", settings.directory.c_str());
    return 1;
  }
  behaviour->run(settings);
  if (stay) {
    sleep_for_ever();
  }
  return 0;
}

}  // namespace
}  // namespace reloadtrace::actor

int main(int argc, char** argv) {
  try {
    return reloadtrace::actor::main_with(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reloadtrace-actor: %s\n", error.what());
    return 1;
  }
}
