// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace reloadtrace::live {
namespace {

// xterm's private modes 1049 (the alternate screen), 7 (no wrapping at the right edge, where widths
// of characters are a matter of opinion) and 25 (no cursor).
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?7l\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[H\x1b[2J\x1b[?25h\x1b[?7h\x1b[?1049l";
constexpr std::chrono::milliseconds kPatience{1000};

UniqueFd open_again(int fd) {
  constexpr int kFlags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd again(::open(fmt::format("/proc/self/fd/{}", fd).c_str(), kFlags));
  // Of another user's terminal (su), only the controlling one may be opened.
  return again ? std::move(again) : UniqueFd(::open("/dev/tty", kFlags));
}

bool is_for_later(int err) {
  return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

}  // namespace

Result<Terminal> Terminal::open(int fd) {
  UniqueFd again = open_again(fd);
  if (!again) {
    return system_error(errno, "open the terminal for --live");
  }
  return Terminal(std::move(again));
}

Size Terminal::size() const {
  winsize size{};
  if (::ioctl(fd_.get(), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {size.ws_col, size.ws_row};
}

bool Terminal::is_ours() const {
  const pid_t foreground = ::tcgetpgrp(fd_.get());
  // An error: it is not our controlling terminal, so no shell shares it out.
  return foreground < 0 || foreground == ::getpgrp();
}

Result<> Terminal::enter() {
  if (!before_) {
    termios now{};
    if (::tcgetattr(fd_.get(), &now) != 0) {
      return system_error(errno, "ask the terminal for its modes");
    }
    before_ = now;
  }
  termios raw = *before_;
  raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IXON);
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VQUIT] = _POSIX_VDISABLE;
  if (::tcsetattr(fd_.get(), TCSANOW, &raw) != 0) {
    before_.reset();
    return system_error(errno, "set the modes of the terminal");
  }
  put(kEnter);
  return Unit{};
}

void Terminal::abandon() {
  before_.reset();
  pending_.clear();
}

void Terminal::leave() {
  if (!entered()) {
    return;
  }
  // What is half written stays in front: a sequence must not be cut.
  put(kLeave);
  flush_within(kPatience);
  ::tcsetattr(fd_.get(), TCSANOW, &*before_);
  before_.reset();
  pending_.clear();
}

bool Terminal::flush() {
  while (!pending_.empty()) {
    const ssize_t put_out = ::write(fd_.get(), pending_.data(), pending_.size());
    if (put_out < 0) {
      return is_for_later(errno);
    }
    pending_.erase(0, static_cast<std::size_t>(put_out));
  }
  return true;
}

void Terminal::flush_within(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (flush() && pending()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd writable{fd_.get(), POLLOUT, 0};
    if (left.count() <= 0 || ::poll(&writable, 1, static_cast<int>(left.count())) == 0) {
      return;
    }
  }
}

bool Terminal::read(std::string& bytes) {
  std::array<char, 256> chunk{};
  for (;;) {
    const ssize_t got = ::read(fd_.get(), chunk.data(), chunk.size());
    if (got <= 0) {
      return got < 0 && is_for_later(errno);
    }
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace reloadtrace::live
