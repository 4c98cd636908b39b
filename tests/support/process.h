// SPDX-License-Identifier: Apache-2.0
// A child process with its output, which never outlives its owner.
//
// Setting up throws std::runtime_error or std::system_error, which gtest reports as a failure: a
// test has no better idea. The same holds for everything in this folder.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/line_buffer.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

using std::chrono::milliseconds;

struct Command {
  std::vector<std::string> argv = {};                   // argv[0] is looked up in PATH
  std::map<std::string, std::string> environment = {};  // beside the inherited one
  bool dies_with_test = true;  // killed by the kernel when the test crashes
  int standard_input = -1;     // borrowed until it has started; -1: /dev/null
};

// Some process by its pidfd: no signal can hit another one that got the same number.
class ProcessHandle {
 public:
  ProcessHandle() = default;
  explicit ProcessHandle(pid_t pid);

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Exit code, or 128 + signal, as a shell says it; nothing when it still runs. Reaps a child.
  std::optional<int> wait(milliseconds timeout);
  bool running() { return !wait(milliseconds(0)); }

 private:
  pid_t pid_ = -1;
  UniqueFd fd_;
  std::optional<int> exit_code_;
};

class Process {
 public:
  explicit Process(const Command& command);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // Kills and reaps what still runs.
  ~Process();

  pid_t pid() const { return handle_.pid(); }
  bool running() { return handle_.running(); }
  void signal(int number) { handle_.signal(number); }
  std::optional<int> wait(milliseconds timeout) { return handle_.wait(timeout); }
  // SIGTERM; SIGKILL when that has not helped within 5 s.
  int terminate();

  // Next line of standard output.
  std::optional<std::string> read_line(milliseconds timeout) { return output_.next(timeout); }
  std::optional<std::string> wait_for_line(std::string_view text, milliseconds timeout) {
    return output_.wait_for(text, timeout);
  }
  LineBuffer& output() { return output_; }
  LineBuffer& errors() { return errors_; }

 private:
  struct Pipes {
    UniqueFd output[2];
    UniqueFd errors[2];
    Pipes();
  };
  Process(const Command& command, Pipes pipes);

  ProcessHandle handle_;
  LineBuffer output_;
  LineBuffer errors_;
};

struct Completed {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

// Runs to the end; throws when it takes longer than `timeout`.
Completed run(const Command& command, milliseconds timeout = std::chrono::seconds(10));
// The same, and throws with what it said unless it exits with 0. Gives standard output.
std::string run_or_throw(const Command& command, milliseconds timeout = std::chrono::seconds(10));

}  // namespace reloadtrace::testing
