// SPDX-License-Identifier: Apache-2.0
// The terminal: its size, its modes, bytes to and from it. The only I/O of this folder.
#pragma once

#include <termios.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/live/frame.h"

namespace reloadtrace::live {

// Nothing here waits, but for leave(), and that not for long: a terminal may be stopped.
class Terminal {
 public:
  // The terminal that `fd` is, opened once more: what is set here concerns nobody who shares `fd`.
  static Result<Terminal> open(int fd);

  Terminal(Terminal&& other) noexcept
      : fd_(std::move(other.fd_)),
        before_(std::exchange(other.before_, std::nullopt)),
        pending_(std::move(other.pending_)) {}
  Terminal& operator=(Terminal&&) = delete;
  ~Terminal() { leave(); }

  int fd() const { return fd_.get(); }
  Size size() const;
  // False while a shell has put us behind another job: then the terminal is that one's.
  bool is_ours() const;

  // Keys come at once and unechoed, and the alternate screen is shown. Signals of keys stay: Ctrl-C
  // and Ctrl-Z do what they always do, but for Ctrl-\, whose core dump would leave all this behind.
  // Once more: sets all of it again, for somebody else may have changed it.
  Result<> enter();
  // As it was before. Idempotent.
  void leave();
  // It is somebody else's now, who has set it as he likes.
  void abandon();
  bool entered() const { return before_.has_value(); }

  // Behind what was put before; see flush().
  void put(std::string_view bytes) { pending_ += bytes; }
  bool pending() const { return !pending_.empty(); }
  // Writes what the terminal takes now. False when it has gone.
  bool flush();
  // What was typed. False when it has gone.
  bool read(std::string& bytes);

 private:
  explicit Terminal(UniqueFd fd) : fd_(std::move(fd)) {}

  void flush_within(std::chrono::milliseconds patience);

  UniqueFd fd_;
  std::optional<termios> before_;  // while entered
  std::string pending_;
};

}  // namespace reloadtrace::live
