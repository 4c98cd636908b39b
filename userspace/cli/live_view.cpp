// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_view.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "userspace/cli/signals.h"
#include "userspace/sink/output.h"
#include "userspace/sink/table_sink.h"

namespace reloadtrace {
namespace {

Error usage(std::string message) {
  return Error{std::make_error_code(std::errc::invalid_argument), std::move(message)};
}

bool is_terminal(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return fd && ::isatty(fd.get()) == 1;
}

// A terminal that nobody reads would keep us for ever.
bool takes_output(int fd) {
  pollfd writable{fd, POLLOUT, 0};
  return ::poll(&writable, 1, 0) == 1 && (writable.revents & POLLOUT) != 0;
}

void say_how_it_ended(const StartReport& start, const StopReport& stop) {
  auto output = Output::standard_output();
  if (!output) {
    return;
  }
  const TerminalInfo terminal = look_at_terminal(output->fd());
  TableSink table(*output, {terminal.colour, terminal.columns, terminal.charset});
  for (const Report& report : {Report(start), Report(stop)}) {
    static_cast<void>(table.write(report).has_value());
  }
}

}  // namespace

Result<> can_be_live(const ViewOptions& view) {
  if (view.output.empty() && view.format != Format::Auto) {
    return usage(
        "--format is about lines, and --live shows none: name a file for them by --output");
  }
  if (view.output.empty() && view.events) {
    return usage(
        "--events is about lines, and --live shows none: name a file for them by --output");
  }
  if (!view.output.empty() && is_terminal(view.output)) {
    return usage(view.output + " is a terminal: lines in it would tear the screen of --live");
  }
  if (::isatty(STDOUT_FILENO) != 1) {
    return usage("--live needs a terminal, and standard output is none");
  }
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") {
    return usage("--live needs a terminal that can move its cursor, and TERM says dumb");
  }
  return Unit{};
}

Result<std::unique_ptr<LiveView>> LiveView::open() {
  auto screen =
      live::Screen::start(STDOUT_FILENO, look_at_terminal(STDOUT_FILENO), [] { request_stop(); });
  if (!screen) {
    return screen.error();
  }
  return std::unique_ptr<LiveView>(new LiveView(std::move(*screen)));
}

LiveView::LiveView(std::unique_ptr<live::Screen> screen) : screen_(std::move(screen)) {
  messages_.emplace([this](const std::string& sentence) { screen_->say(sentence); });
}

Result<> LiveView::write(const Report& report) {
  if (const auto* start = std::get_if<StartReport>(&report)) {
    start_ = *start;
  } else if (const auto* stop = std::get_if<StopReport>(&report)) {
    stop_ = *stop;
  }
  return screen_ ? screen_->write(report) : Unit{};
}

void LiveView::show(Roster roster) {
  if (screen_) {
    screen_->show(std::move(roster));
  }
}

void LiveView::end() {
  if (!screen_) {
    return;
  }
  // Nobody may say anything to a screen that goes, nor print into one that is still there.
  messages_->stop_listening();
  screen_.reset();
  const bool readable = takes_output(STDOUT_FILENO);
  if (!readable) {
    messages_->forget();
  }
  messages_.reset();
  if (readable && start_ && stop_) {
    say_how_it_ended(*start_, *stop_);
  }
}

}  // namespace reloadtrace
