// SPDX-License-Identifier: Apache-2.0
// The sink that the user asked for, with what happens when it fails.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "userspace/cli/command_line.h"
#include "userspace/sink/output.h"
#include "userspace/sink/report_queue.h"
#include "userspace/sink/sink.h"

namespace reloadtrace {

// Errors are said once on stderr and counted; verdicts go on to whoever else takes them.
class Outputs {
 public:
  enum class Pace {
    Steady,    // each report is out before write() returns
    Detached,  // write() never waits for whoever reads: see report_queue.h
  };
  static Result<std::unique_ptr<Outputs>> open(const ViewOptions& view, Pace pace);
  static std::unique_ptr<Outputs> to(Output output, Format format, Pace pace);
  // No lines: only what is added gets reports.
  static std::unique_ptr<Outputs> nowhere();

  void write(const Report& report);
  // `sink` gets every report, too, at once; it outlives this and never blocks.
  void add(Sink& sink) { more_.push_back(&sink); }
  void reopen();
  // To be called now and then: says what could not be said when it happened.
  void refresh();

  // Nobody reads any more: time to end quietly.
  bool closed() const;
  // Waits until all is out, while somebody reads. Says how many lines were lost, if any; false if
  // some were that no line tells of.
  bool finish();

 private:
  struct Target;

  explicit Outputs(std::shared_ptr<Target> target);

  std::shared_ptr<Target> target_;  // shared with the queue's thread
  std::unique_ptr<Sink> sink_;      // the queue, if there is one
  ReportQueue* queue_ = nullptr;
  std::vector<Sink*> more_;
  std::uint64_t dropped_counted_ = 0;  // of the queue's, those that `more_` know of
};

}  // namespace reloadtrace
