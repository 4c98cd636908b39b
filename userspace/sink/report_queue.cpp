// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/report_queue.h"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

namespace reloadtrace {
namespace {

using Work = std::function<void()>;
using Item = std::variant<Report, Work>;

Timestamp time_of(const Report& report) {
  return std::visit(
      [](const auto& one) {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, PublishReport>) {
          return one.publish.at;
        } else {
          return one.at;
        }
      },
      report);
}

bool is_evidence(const Report& report) {
  return std::holds_alternative<EventReport>(report) ||
         std::holds_alternative<ReaderReport>(report);
}

// Few, and a stream without them cannot be understood.
bool is_indispensable(const Report& report) {
  return std::holds_alternative<StartReport>(report) ||
         std::holds_alternative<LossReport>(report) || std::holds_alternative<ShedReport>(report) ||
         std::holds_alternative<StopReport>(report);
}

}  // namespace

struct ReportQueue::State {
  State(std::unique_ptr<Sink> out, Complain tell, std::size_t size)
      : sink(std::move(out)), complain(std::move(tell)), capacity(size) {}

  bool has_room(const Report& report) const {
    return is_indispensable(report) ||
           items.size() < (is_evidence(report) ? capacity / 2 : capacity);
  }

  void push(Item item) {
    items.push_back(std::move(item));
    filled.notify_one();
  }

  void push_drops() {
    if (untold > 0 && items.size() < capacity / 2) {
      push(Report(DropReport{until, since, until, untold}));
      untold = 0;
    }
  }

  void run();

  const std::unique_ptr<Sink> sink;  // the thread's
  const Complain complain;           // the thread's
  const std::size_t capacity;

  std::mutex mutex;  // of all below
  std::condition_variable filled;
  std::condition_variable progressed;
  std::deque<Item> items;
  std::uint64_t put_out = 0;  // items that the thread has finished
  bool busy = false;          // the thread holds one that it has not finished
  bool ended = false;
  std::uint64_t dropped = 0;
  std::uint64_t untold = 0;  // of those dropped
  Timestamp since;           // the first and the last of the untold
  Timestamp until;

  std::thread thread;
};

void ReportQueue::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    filled.wait(lock, [this] { return ended || !items.empty(); });
    if (ended) {
      return;
    }
    const Item item = std::move(items.front());
    items.pop_front();
    busy = true;
    lock.unlock();
    if (const auto* work = std::get_if<Work>(&item)) {
      (*work)();
    } else if (auto written = sink->write(std::get<Report>(item)); !written) {
      complain(written.error());
    }
    lock.lock();
    busy = false;
    ++put_out;
    progressed.notify_all();
  }
}

ReportQueue::ReportQueue(std::unique_ptr<Sink> sink, Complain complain, std::size_t capacity)
    : state_(std::make_shared<State>(std::move(sink), std::move(complain), capacity)) {}

void ReportQueue::start() {
  if (std::exchange(started_, true)) {
    return;
  }
  // Signals are the main thread's: they must interrupt its poll.
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  state_->thread = std::thread([state = state_] { state->run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ReportQueue::~ReportQueue() {
  bool stuck = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ended = true;
    stuck = state_->busy;
    state_->filled.notify_all();
  }
  if (stuck) {
    state_->thread.detach();
  } else if (started_) {
    state_->thread.join();
  }
}

Result<> ReportQueue::write(const Report& report) {
  start();
  const std::lock_guard lock(state_->mutex);
  state_->push_drops();
  if (!state_->has_room(report)) {
    const Timestamp at = time_of(report);
    state_->since = state_->untold == 0 ? at : std::min(state_->since, at);
    state_->until = state_->untold == 0 ? at : std::max(state_->until, at);
    ++state_->untold;
    ++state_->dropped;
    return Error{std::make_error_code(std::errc::no_buffer_space),
                 "whoever reads our output is too slow"};
  }
  Report taken = report;
  if (auto* stop = std::get_if<StopReport>(&taken)) {
    stop->dropped = state_->dropped;
  }
  state_->push(std::move(taken));
  return Unit{};
}

void ReportQueue::tell_drops() {
  const std::lock_guard lock(state_->mutex);
  state_->push_drops();
}

void ReportQueue::post(std::function<void()> work) {
  start();
  const std::lock_guard lock(state_->mutex);
  state_->push(std::move(work));
}

std::size_t ReportQueue::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  while (!state_->items.empty() || state_->busy) {
    const std::uint64_t before = state_->put_out;
    if (!state_->progressed.wait_for(lock, patience, [&] { return state_->put_out != before; })) {
      return state_->items.size() + (state_->busy ? 1 : 0);
    }
  }
  return 0;
}

std::uint64_t ReportQueue::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

}  // namespace reloadtrace
