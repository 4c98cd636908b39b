// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/screen_worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "userspace/base/overloaded.h"

namespace reloadtrace::live {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFrame{100};   // the least between two frames
constexpr milliseconds kClock{1000};  // the time in the header, and ages
// What a terminal sends for one key comes at once, also over a slow line.
constexpr milliseconds kEscapeAlone{50};

Timestamp now() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  return {static_cast<std::uint64_t>(std::chrono::nanoseconds(since_boot).count())};
}

sigset_t job_signals() {
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int signal : {SIGTSTP, SIGCONT, SIGWINCH}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Screen::Worker::Worker(Terminal terminal, const TerminalInfo& info, std::function<void()> on_quit)
    : stop_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      terminal_(std::move(terminal)),
      on_quit_(std::move(on_quit)),
      painter_(info.colour),
      model_(info.charset) {}

Screen::Worker::~Worker() {
  if (thread_.joinable()) {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }
}

Result<> Screen::Worker::start() {
  const sigset_t ours = job_signals();
  signals_.reset(::signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) {
    return system_error(errno, "take the signals of the terminal");
  }
  if (terminal_.is_ours()) {
    if (auto entered = terminal_.enter(); !entered) {
      return entered.error();
    }
  }
  sigset_t all{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &mask_before_);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  ::pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  return Unit{};
}

void Screen::Worker::run() {
  try {
    while (!stopping_) {
      wait();
      take_signals();
      take_reports();
      take_keys();
      draw();
    }
  } catch (const std::exception&) {  // out of memory: the session ends, as it would elsewhere
    quit();
  }
  terminal_.leave();
}

void Screen::Worker::wait() {
  const bool listening = terminal_.entered() && !gone_;
  const auto events = static_cast<short>(POLLIN | (terminal_.pending() ? POLLOUT : 0));
  std::array<pollfd, 4> fds = {{{stop_.get(), POLLIN, 0},
                                {signals_.get(), POLLIN, 0},
                                {inbox_.fd(), POLLIN, 0},
                                {listening ? terminal_.fd() : -1, events, 0}}};
  ::poll(fds.data(), fds.size(), timeout_ms());
  stopping_ = fds[0].revents != 0;
  typed_ = (fds[3].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  if (now() - drawn_ >= kClock) {
    dirty_ = true;
  }
}

int Screen::Worker::timeout_ms() const {
  const Timestamp at = now();
  const auto until = [&](Timestamp from, milliseconds length) {
    return std::chrono::ceil<milliseconds>(length - (at - from)).count();
  };
  auto wanted = std::min<std::int64_t>(until(drawn_, kClock), kClock.count());
  if (dirty_ && !terminal_.pending()) {
    wanted = std::min<std::int64_t>(wanted, pressed_ ? 0 : until(drawn_, kFrame));
  }
  if (keys_.undecided()) {
    wanted = std::min<std::int64_t>(wanted, until(heard_, kEscapeAlone));
  }
  if (!terminal_.entered() || gone_ || terminal_.pending()) {
    wanted = kClock.count();  // whether we are in the foreground again nobody tells
  }
  return static_cast<int>(std::max<std::int64_t>(wanted, 0));
}

void Screen::Worker::take_signals() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGTSTP) {
      suspend();
    } else if (signal.ssi_signo == SIGCONT && terminal_.entered()) {
      go_on();
    }
    dirty_ = pressed_ = true;
  }
  if (!terminal_.entered() && !gone_) {
    come_back();
  }
}

// It was stopped without being asked: who knows what became of the terminal.
void Screen::Worker::go_on() {
  if (terminal_.is_ours()) {
    take_terminal();
  } else {
    terminal_.abandon();
  }
}

void Screen::Worker::come_back() {
  if (terminal_.is_ours()) {
    take_terminal();
  }
}

void Screen::Worker::take_terminal() {
  if (!terminal_.enter()) {
    terminal_gone();
    return;
  }
  painter_.forget();
  dirty_ = pressed_ = true;
}

// As the signal would have done it, but with the terminal as it was. Where no shell would ever
// continue us, the kernel ignores it.
void Screen::Worker::suspend() {
  terminal_.leave();
  sigset_t stop{};
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

void Screen::Worker::take_reports() {
  Inbox::Taken taken = inbox_.take();
  for (Inbox::Item& item : taken.items) {
    std::visit(Overloaded{[this](const Report& report) { model_.take(report); },
                          [this](const Roster& roster) { model_.take(roster, now()); },
                          [this](std::string& sentence) { model_.say(std::move(sentence)); }},
               item);
  }
  model_.count_dropped(taken.dropped);
  dirty_ = dirty_ || !taken.items.empty();
}

void Screen::Worker::take_keys() {
  if (!typed_ || !terminal_.entered()) {
    settle_keys();
    return;
  }
  std::string bytes;
  const bool there = terminal_.read(bytes);
  heard_ = now();
  for (const Key& key : keys_.feed(bytes)) {
    press(key);
  }
  if (!there) {
    terminal_gone();
  }
}

void Screen::Worker::settle_keys() {
  if (keys_.undecided() && now() - heard_ >= kEscapeAlone) {
    for (const Key& key : keys_.settle()) {
      press(key);
    }
  }
}

void Screen::Worker::press(const Key& key) {
  switch (view_.press(key)) {
    case View::Wish::Quit:
      quit();
      break;
    case View::Wish::Repaint:
      painter_.forget();
      break;
    case View::Wish::None:
      break;
  }
  lay_out(model_, view_, terminal_.size(), now());  // the next key is about what this one did
  dirty_ = pressed_ = true;
}

void Screen::Worker::draw() {
  if (gone_ || !terminal_.entered()) {
    return;
  }
  // A terminal that takes nothing gets no further frame, so that none piles up.
  const bool due = dirty_ && (pressed_ || now() - drawn_ >= kFrame);
  if (due && !terminal_.pending()) {
    const Size size = terminal_.size();
    drawn_ = now();
    terminal_.put(painter_.paint(lay_out(model_, view_, size, drawn_), size));
    dirty_ = pressed_ = false;
  }
  if (!terminal_.flush()) {
    terminal_gone();
  }
}

// Or it is another job's, of which a read in the background tells the same way.
void Screen::Worker::terminal_gone() {
  if (!terminal_.is_ours()) {
    terminal_.abandon();
    return;
  }
  gone_ = true;
  quit();
}

void Screen::Worker::quit() {
  if (!std::exchange(quit_, true)) {
    on_quit_();
  }
}

}  // namespace reloadtrace::live
