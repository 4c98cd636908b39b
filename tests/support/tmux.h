// SPDX-License-Identifier: Apache-2.0
// A shell in a terminal that can be looked at: a tmux server with one pane, of its own.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {

// The reason in words; nothing when it can.
std::optional<std::string> why_tmux_cannot_run();

class Tmux {
 public:
  // What the shell says when it waits for a command.
  static constexpr const char* kPrompt = "prompt>";

  Tmux(int columns, int rows);
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  // Characters, as typed.
  void type(const std::string& text);
  // A key by tmux' name: "Enter", "Escape", "Down", "C-c".
  void press(const std::string& key);
  // A command line for the shell.
  void run(const std::string& command);
  void resize(int columns, int rows);
  // The terminal goes, as when a connection breaks.
  void hang_up();

  // What the terminal shows: one line each, without blanks at the end. `styled`: with SGR.
  std::string screen(bool styled = false);
  // False, and a failure of the test with what is shown instead, when none of it shows up in time.
  bool shows(const std::string& text, milliseconds timeout = std::chrono::seconds(10));
  bool shows_no(const std::string& text, milliseconds timeout = std::chrono::seconds(10));
  // The first line with this text; empty without one.
  std::string line_with(const std::string& text);

  // The process that the shell runs.
  ProcessHandle job();

 private:
  std::string tell(std::vector<std::string> command);
  bool wait_until(const std::string& text, bool shown, milliseconds timeout);

  TemporaryDirectory directory_;
  std::unique_ptr<Process> server_;
};

}  // namespace reloadtrace::testing
