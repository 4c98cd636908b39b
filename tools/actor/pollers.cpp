// SPDX-License-Identifier: Apache-2.0
// Applications that read at intervals, at the start or never again.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"

namespace reloadtrace::actor {
namespace {

void no_watcher(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  sleep_for_ever();
}

void open_poller(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    reread(settings);
  }
}

[[noreturn]] void read_copy_for_ever(const Settings& settings, const std::string& copy) {
  for (;;) {
    sleep_for(settings.interval);
    std::ifstream in(copy);
    const std::string content(std::istreambuf_iterator<char>(in), {});
    say("copy " + std::to_string(content.size()));
  }
}

void copy_files(const Settings& settings, const std::string& copy) {
  std::ofstream out(copy);
  for (const std::string& file : settings.files) {
    out << std::ifstream(path_of(settings, file)).rdbuf();
  }
}

void copier(const Settings& settings) {
  const std::string copy = settings.temporary + "/reloadtrace-actor.copy";
  reread(settings);
  copy_files(settings, copy);
  say_ready(settings);
  read_copy_for_ever(settings, copy);
}

// As an entrypoint that runs cp: the process that stays has never opened the volume.
void child_copier(const Settings& settings) {
  const std::string copy = settings.temporary + "/reloadtrace-actor.copy";
  const pid_t child = ::fork();
  if (child < 0) {
    die("fork");
  }
  if (child == 0) {
    ::prctl(PR_SET_NAME, "cp");
    copy_files(settings, copy);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  say_ready(settings);
  read_copy_for_ever(settings, copy);
}

constexpr Behaviour kPollers[] = {
    {"no-watcher", "reads once, then sleeps for ever", no_watcher},
    {"open-poller", "rereads FILEs at intervals", open_poller},
    {"copier", "copies FILEs to /tmp at the start and reads the copy at intervals", copier},
    {"child-copier", "has a child copy FILEs at the start and reads only the copy", child_copier},
};

}  // namespace

std::span<const Behaviour> pollers() {
  return kPollers;
}

}  // namespace reloadtrace::actor
