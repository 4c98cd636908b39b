// SPDX-License-Identifier: Apache-2.0
// A bounded queue and a thread between the engine and a sink that may block.
//
// Whoever reads our lines may stop reading them: a full pipe, a slow disk, a terminal that was
// stopped. The engine must go on all the same, for behind it is the kernel's ring, and what that
// loses makes verdicts unknown. So the engine never waits here; when the queue is full, lines are
// dropped, evidence long before verdicts, and counted: a DropReport takes their place as soon as
// there is room again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "userspace/sink/sink.h"

namespace reloadtrace {

class ReportQueue : public Sink {
 public:
  // A report takes about 1 KiB.
  static constexpr std::size_t kCapacity = 16'384;

  // Called on the queue's own thread with each report that the sink could not put out.
  using Complain = std::function<void(const Error&)>;

  // `capacity` in reports; evidence (EventReport, ReaderReport) gets half of it.
  ReportQueue(std::unique_ptr<Sink> sink, Complain complain, std::size_t capacity = kCapacity);
  // Drops what was not drained.
  ~ReportQueue() override;
  ReportQueue(const ReportQueue&) = delete;
  ReportQueue& operator=(const ReportQueue&) = delete;

  // Takes a copy, and never blocks for long: an error says that the report was dropped instead.
  // A StopReport gets the number of all that were.
  Result<> write(const Report& report) override;

  // Says how many were dropped, if there are any that were not told and there is room.
  void tell_drops();

  // Runs `work` on the queue's thread, behind all that was written before.
  void post(std::function<void()> work);

  // Waits until everything is out, or the sink has put out nothing for `patience`. Returns how many
  // reports are left; if there are any, the thread is left behind with them when this goes.
  std::size_t drain(std::chrono::milliseconds patience);

  std::uint64_t dropped() const;

 private:
  struct State;

  // With the first report: a thread has the privileges of when it was started, see confine.h.
  void start();

  // Shared with the thread, which outlives this when the sink never comes back.
  std::shared_ptr<State> state_;
  bool started_ = false;
};

}  // namespace reloadtrace
