// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/outputs.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "userspace/cli/message.h"

namespace reloadtrace {
namespace {

// How long somebody may read nothing at the end.
constexpr std::chrono::seconds kPatience{5};

class NoSink : public Sink {
 public:
  Result<> write(const Report&) override { return Unit{}; }
};

}  // namespace

// Where it all goes. Used by one thread at a time: ours, or the queue's; `closed` by both.
struct Outputs::Target {
  explicit Target(Output to) : output(std::move(to)) {}

  void complain_about(const Error& error) {
    if (output.closed()) {
      closed = true;
    } else if (!std::exchange(complained, true)) {
      say_to_user(error.message + "; lines are lost, tracing goes on");
    }
  }

  void reopen() {
    if (auto reopened = output.reopen(); !reopened) {
      say_to_user(reopened.error().message + "; writing on to the old file");
    }
  }

  Output output;
  bool complained = false;
  std::atomic<bool> closed = false;
};

Outputs::Outputs(std::shared_ptr<Target> target) : target_(std::move(target)) {}

Result<std::unique_ptr<Outputs>> Outputs::open(const ViewOptions& view, Pace pace) {
  auto output = view.output.empty() ? Output::standard_output() : Output::open(view.output);
  if (!output) {
    return output.error();
  }
  return to(std::move(*output), view.format, pace);
}

std::unique_ptr<Outputs> Outputs::to(Output output, Format format, Pace pace) {
  auto target = std::make_shared<Target>(std::move(output));
  std::unique_ptr<Outputs> outputs(new Outputs(target));
  outputs->sink_ = make_sink(format, target->output, look_at_terminal(target->output.fd()));
  if (pace == Pace::Detached) {
    auto queue = std::make_unique<ReportQueue>(
        std::move(outputs->sink_), [target](const Error& error) { target->complain_about(error); });
    outputs->queue_ = queue.get();
    outputs->sink_ = std::move(queue);
  }
  return outputs;
}

std::unique_ptr<Outputs> Outputs::nowhere() {
  std::unique_ptr<Outputs> outputs(new Outputs(std::make_shared<Target>(Output::of(UniqueFd()))));
  outputs->sink_ = std::make_unique<NoSink>();
  return outputs;
}

void Outputs::write(const Report& report) {
  if (closed()) {
    return;
  }
  // What the queue drops it tells of in the stream.
  if (auto written = sink_->write(report); !written && queue_ == nullptr) {
    target_->complain_about(written.error());
  }
  for (Sink* sink : more_) {
    static_cast<void>(sink->write(report).has_value());
  }
}

void Outputs::reopen() {
  if (queue_ != nullptr) {
    queue_->post([target = target_] { target->reopen(); });
  } else {
    target_->reopen();
  }
}

void Outputs::refresh() {
  if (queue_ == nullptr) {
    return;
  }
  queue_->tell_drops();
  const std::uint64_t dropped = queue_->dropped() - dropped_counted_;
  if (dropped > 0) {
    dropped_counted_ += dropped;
    for (Sink* sink : more_) {
      static_cast<void>(sink->write(DropReport{{}, {}, {}, dropped}).has_value());
    }
  }
}

bool Outputs::closed() const {
  return target_->closed;
}

bool Outputs::finish() {
  if (queue_ != nullptr) {
    if (const std::size_t left = queue_->drain(kPatience); left > 0) {
      say_to_user(fmt::format("nobody reads the output: the last {} lines are lost", left));
      return false;
    }
    if (const std::uint64_t dropped = queue_->dropped(); dropped > 0) {
      say_to_user(fmt::format("{} lines were dropped because whoever reads the output was too slow",
                              dropped));
    }
  }
  if (target_->output.lost_lines() == 0) {
    return true;
  }
  say_to_user(
      fmt::format("{} lines could not be written and are lost", target_->output.lost_lines()));
  return false;
}

}  // namespace reloadtrace
