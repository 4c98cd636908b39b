// SPDX-License-Identifier: Apache-2.0
// The screen of --live, on a thread of its own: reports in, keys in, frames out.
//
// Whoever hands something over never waits: it goes to a bounded queue, from which the thread takes
// it into its model. Frames follow at most ten a second, and only when something changed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "userspace/engine/roster.h"
#include "userspace/sink/sink.h"
#include "userspace/sink/terminal.h"

namespace reloadtrace::live {

class Screen : public Sink {
 public:
  // Reports that may wait for the thread; what comes beyond is dropped, counted and shown.
  static constexpr std::size_t kCapacity = 16'384;

  // Takes the terminal behind `fd`, which `info` describes. SIGTSTP, SIGCONT and SIGWINCH are the
  // screen's from now on: they stay blocked in the calling thread and those that it makes.
  // `on_quit` is called on the screen's thread, once, when the user wants the session to end or the
  // terminal has gone.
  static Result<std::unique_ptr<Screen>> start(int fd,
                                               const TerminalInfo& info,
                                               std::function<void()> on_quit);
  // Gives the terminal back as it was.
  ~Screen() override;
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  Result<> write(const Report& report) override;
  // Who is there now; in its order among the reports.
  void show(Roster roster);
  // A sentence for people, below the rows until the next one comes. From any thread.
  void say(std::string sentence);

 private:
  class Worker;

  explicit Screen(std::unique_ptr<Worker> worker);

  std::unique_ptr<Worker> worker_;
};

}  // namespace reloadtrace::live
