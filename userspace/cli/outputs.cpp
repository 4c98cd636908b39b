// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/outputs.h"

#include <fmt/format.h>

#include "userspace/cli/message.h"

namespace reloadtrace {

Result<std::unique_ptr<Outputs>> Outputs::open(const ViewOptions& view) {
  auto output = view.output.empty() ? Output::standard_output() : Output::open(view.output);
  if (!output) {
    return output.error();
  }
  std::unique_ptr<Outputs> outputs(new Outputs(std::move(*output)));
  outputs->sink_ =
      make_sink(view.format, outputs->output_, look_at_terminal(outputs->output_.fd()));
  return outputs;
}

void Outputs::write(const Report& report) {
  if (output_.closed()) {
    return;
  }
  complain_about(sink_->write(report));
  for (Sink* sink : more_) {
    complain_about(sink->write(report));
  }
}

void Outputs::complain_about(const Result<>& written) {
  if (!written && !output_.closed() && !complained_) {
    complained_ = true;
    say_to_user(written.error().message + "; lines are lost, tracing goes on");
  }
}

void Outputs::reopen() {
  if (auto reopened = output_.reopen(); !reopened) {
    say_to_user(reopened.error().message + "; writing on to the old file");
  }
}

bool Outputs::finish() const {
  if (output_.lost_lines() == 0) {
    return true;
  }
  say_to_user(fmt::format("{} lines could not be written and are lost", output_.lost_lines()));
  return false;
}

}  // namespace reloadtrace
