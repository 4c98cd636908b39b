// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tmux.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/patience.h"
#include "tests/support/requirements.h"

namespace reloadtrace::testing {
namespace {

constexpr milliseconds kLookAgain{20};

Command command_of(const TemporaryDirectory& directory, std::vector<std::string> words) {
  Command command{{"tmux", "-u", "-f", "/dev/null", "-S", directory.at("socket")}};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  command.environment = {{"LC_ALL", "C.UTF-8"}, {"TERM", "xterm-256color"}, {"TMUX", ""}};
  return command;
}

}  // namespace

std::optional<std::string> why_tmux_cannot_run() {
  if (find_program("tmux").empty()) {
    return "needs tmux: install the package tmux";
  }
  return std::nullopt;
}

Tmux::Tmux(int columns, int rows)
    : server_(std::make_unique<Process>(command_of(directory_, {"-D"}))) {
  const auto deadline = std::chrono::steady_clock::now() + patient(std::chrono::seconds(10));
  while (!std::filesystem::exists(directory_.at("socket"))) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("tmux does not start: " + server_->errors().text());
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  write_file(directory_.at("shell"), std::string("PS1='") + kPrompt + " '\n");
  tell({"new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(rows),
        "exec bash --noprofile --rcfile " + directory_.at("shell")});
  if (!shows(kPrompt)) {
    throw std::runtime_error("the shell in tmux says no prompt");
  }
}

std::string Tmux::tell(std::vector<std::string> command) {
  return run_or_throw(command_of(directory_, std::move(command)));
}

void Tmux::type(const std::string& text) {
  tell({"send-keys", "-l", text});
}

void Tmux::press(const std::string& key) {
  tell({"send-keys", key});
}

void Tmux::run(const std::string& command) {
  type(command);
  press("Enter");
}

void Tmux::resize(int columns, int rows) {
  tell({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

void Tmux::hang_up() {
  tell({"kill-session"});
}

std::string Tmux::screen(bool styled) {
  return styled ? tell({"capture-pane", "-p", "-e"}) : tell({"capture-pane", "-p"});
}

bool Tmux::wait_until(const std::string& text, bool shown, milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + patient(timeout);
  std::string seen;
  do {
    seen = screen();
    if ((seen.find(text) != std::string::npos) == shown) {
      return true;
    }
    std::this_thread::sleep_for(kLookAgain);
  } while (std::chrono::steady_clock::now() < deadline);
  ADD_FAILURE() << "the terminal " << (shown ? "does not show \"" : "still shows \"") << text
                << "\":\n"
                << seen;
  return false;
}

bool Tmux::shows(const std::string& text, milliseconds timeout) {
  return wait_until(text, true, timeout);
}

bool Tmux::shows_no(const std::string& text, milliseconds timeout) {
  return wait_until(text, false, timeout);
}

std::string Tmux::line_with(const std::string& text) {
  std::istringstream lines(screen());
  for (std::string line; std::getline(lines, line);) {
    if (line.find(text) != std::string::npos) {
      return line;
    }
  }
  return "";
}

ProcessHandle Tmux::job() {
  const pid_t shell = std::stoi(tell({"display-message", "-p", "#{pane_pid}"}));
  const std::string task = "/proc/" + std::to_string(shell) + "/task/" + std::to_string(shell);
  std::istringstream children(read_file(task + "/children"));
  pid_t child = 0;
  if (!(children >> child)) {
    throw std::runtime_error("the shell in tmux runs nothing");
  }
  return ProcessHandle(child);
}

}  // namespace reloadtrace::testing
