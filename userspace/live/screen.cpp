// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/screen.h"

#include "userspace/live/screen_worker.h"

namespace reloadtrace::live {

Result<std::unique_ptr<Screen>> Screen::start(int fd,
                                              const TerminalInfo& info,
                                              std::function<void()> on_quit) {
  auto terminal = Terminal::open(fd);
  if (!terminal) {
    return terminal.error();
  }
  auto worker = std::make_unique<Worker>(std::move(*terminal), info, std::move(on_quit));
  if (auto started = worker->start(); !started) {
    return started.error();
  }
  return std::unique_ptr<Screen>(new Screen(std::move(worker)));
}

Screen::Screen(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}

Screen::~Screen() = default;

Result<> Screen::write(const Report& report) {
  // Evidence is for lines.
  if (std::holds_alternative<EventReport>(report) || std::holds_alternative<ReaderReport>(report)) {
    return Unit{};
  }
  if (!worker_->inbox().put(report)) {
    return Error{std::make_error_code(std::errc::no_buffer_space), "the screen is too slow"};
  }
  return Unit{};
}

void Screen::show(Roster roster) {
  worker_->inbox().put(std::move(roster));
}

void Screen::say(std::string sentence) {
  worker_->inbox().put(std::move(sentence));
}

}  // namespace reloadtrace::live
