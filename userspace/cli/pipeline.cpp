// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/pipeline.h"

#include <utility>

#include "userspace/cli/message.h"

namespace reloadtrace {
namespace {

Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

}  // namespace

EngineOptions engine_options(const ViewOptions& view, Duration deadline) {
  Selection selection{view.containers, view.pids, {}, view.namespaces};
  for (const std::string& pod : view.pods) {
    selection.pods.push_back(parse_pod_pattern(pod));
  }
  return {view.deadline_seconds ? seconds(*view.deadline_seconds) : deadline, view.events,
          std::move(selection)};
}

Pipeline::Pipeline(EngineOptions options,
                   Outputs& outputs,
                   std::unique_ptr<RecordingWriter> recorder,
                   Engine::Inspect inspect)
    : outputs_(outputs),
      recorder_(std::move(recorder)),
      engine_(
          std::move(options),
          [this](const Report& report) {
            verdicts_ += std::holds_alternative<ReloadReport>(report) ? 1 : 0;
            outputs_.write(report);
          },
          std::move(inspect)) {}

void Pipeline::feed(const Event& event, std::span<const std::byte> record_bytes) {
  engine_.advance_to(time_of(event));
  if (recorder_) {
    record(recorder_->write(event, record_bytes));
  }
  engine_.observe(event);
}

void Pipeline::flush_recording() {
  if (recorder_) {
    record(recorder_->flush());
  }
}

bool Pipeline::finish(Timestamp now) {
  feed(EndFact{now}, {});
  if (recorder_) {
    record(recorder_->close());
  }
  return !recording_failed_;
}

void Pipeline::record(const Result<>& done) {
  if (done) {
    return;
  }
  recording_failed_ = true;
  recorder_.reset();
  say_to_user(done.error().message + "; the recording ends here, tracing goes on");
}

}  // namespace reloadtrace
