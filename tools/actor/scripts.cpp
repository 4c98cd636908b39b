// SPDX-License-Identifier: Apache-2.0
// Applications that execute what lies in the volume: the kernel reads the first line of the script,
// its interpreter the rest. The files must be executable (publisher --mode 0755).
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

// Says "ran FILE STATUS" when the script has ended.
void run_script(const Settings& settings, const std::string& file) {
  const std::string path = path_of(settings, file);
  const pid_t child = ::fork();
  if (child < 0) {
    die("fork");
  }
  if (child == 0) {
    std::string name = path;
    char* const arguments[] = {name.data(), nullptr};
    ::execv(path.c_str(), arguments);
    say("execv " + file + " failed: " + std::strerror(errno));
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  say("ran " + file + " " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -1));
}

void script_poller(const Settings& settings) {
  const auto run_all = [&settings] {
    for (const std::string& file : settings.files) {
      run_script(settings, file);
    }
  };
  run_all();
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    run_all();
  }
}

constexpr Behaviour kScripts[] = {
    {"script-runner", "watches DIR, executes FILEs when ..data is swapped", on_swap<run_script>},
    {"script-poller", "executes FILEs at intervals", script_poller},
};

}  // namespace

std::span<const Behaviour> scripts() {
  return kScripts;
}

}  // namespace reloadtrace::actor
