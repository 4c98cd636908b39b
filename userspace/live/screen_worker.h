// SPDX-License-Identifier: Apache-2.0
// The thread behind the screen: it alone knows the model, the view and the terminal.
#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "userspace/base/unique_fd.h"
#include "userspace/live/inbox.h"
#include "userspace/live/keys.h"
#include "userspace/live/layout.h"
#include "userspace/live/model.h"
#include "userspace/live/painter.h"
#include "userspace/live/screen.h"
#include "userspace/live/terminal.h"
#include "userspace/live/view.h"

namespace reloadtrace::live {

class Screen::Worker {
 public:
  Worker(Terminal terminal, const TerminalInfo& info, std::function<void()> on_quit);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  Result<> start();
  Inbox& inbox() { return inbox_; }

 private:
  void run();
  void wait();
  int timeout_ms() const;
  void take_signals();
  void take_reports();
  void take_keys();
  void settle_keys();
  void press(const Key& key);
  void go_on();
  void come_back();
  void take_terminal();
  void suspend();
  void draw();
  void terminal_gone();
  void quit();

  Inbox inbox_{kCapacity};
  UniqueFd stop_;     // an eventfd
  UniqueFd signals_;  // a signalfd
  sigset_t mask_before_{};
  std::thread thread_;

  // The thread's alone.
  Terminal terminal_;
  std::function<void()> on_quit_;
  Painter painter_;
  Model model_;
  View view_;
  KeyDecoder keys_;
  bool stopping_ = false;
  bool quit_ = false;
  bool gone_ = false;    // the terminal
  bool dirty_ = true;    // what is shown is not the newest
  bool pressed_ = true;  // … and somebody waits for it
  bool typed_ = false;   // the terminal has something to read
  Timestamp drawn_;
  Timestamp heard_;  // from the keyboard
};

}  // namespace reloadtrace::live
