// SPDX-License-Identifier: Apache-2.0
// The sink that the user asked for, with what happens when it fails.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "userspace/cli/command_line.h"
#include "userspace/sink/output.h"
#include "userspace/sink/sink.h"

namespace reloadtrace {

// Errors are said once on stderr and counted; verdicts go on to whoever else takes them.
class Outputs {
 public:
  static Result<std::unique_ptr<Outputs>> open(const ViewOptions& view);

  void write(const Report& report);
  // `sink` gets every report, too; it outlives this.
  void add(Sink& sink) { more_.push_back(&sink); }
  void reopen();

  // Nobody reads any more: time to end quietly.
  bool closed() const { return output_.closed(); }
  // Says how many lines were lost, if any. False if some were.
  bool finish() const;

 private:
  explicit Outputs(Output output) : output_(std::move(output)) {}

  void complain_about(const Result<>& written);

  Output output_;
  std::unique_ptr<Sink> sink_;
  std::vector<Sink*> more_;
  bool complained_ = false;
};

}  // namespace reloadtrace
