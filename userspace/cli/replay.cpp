// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/replay.h"

#include <fmt/format.h>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/message.h"
#include "userspace/cli/pipeline.h"
#include "userspace/cli/signals.h"

namespace reloadtrace {

int replay(ReplaySource& source, const ViewOptions& view, Outputs& outputs) {
  // The engine is made when the session's own deadline is known, which is the first fact.
  std::unique_ptr<Pipeline> pipeline;
  bool ended = false;
  const auto deliver = [&](const Event& event, std::span<const std::byte> record) {
    if (!pipeline) {
      const auto* session = std::get_if<SessionFact>(&event);
      const Duration recorded(session != nullptr ? session->deadline_ns : 0);
      pipeline = std::make_unique<Pipeline>(
          engine_options(view, recorded > Duration{} ? recorded : EngineOptions{}.deadline),
          outputs, nullptr, nullptr);
    }
    if (view.count && pipeline->verdicts() >= *view.count) {
      return;
    }
    ended = ended || std::holds_alternative<EndFact>(event);
    pipeline->feed(event, record);
  };
  int code = kDone;
  for (;;) {
    const auto progress = source.poll(std::chrono::milliseconds(0), deliver);
    if (!progress) {
      say_to_user(progress.error().message + "; what could be read was put out");
      code = kBadInput;
      break;
    }
    const bool enough = view.count && pipeline && pipeline->verdicts() >= *view.count;
    if (*progress == Progress::EndOfStream || stop_requested() || outputs.closed() || enough) {
      break;
    }
  }
  if (pipeline && !ended) {
    pipeline->finish(source.horizon());
  }
  if (source.undecodable() != 0) {
    say_to_user(
        fmt::format("{} records could not be decoded and were passed over", source.undecodable()));
  }
  return outputs.finish() ? code : kFailed;
}

int run(const ReplayOptions& options) {
  take_signals(!options.view.output.empty());
  auto source = ReplaySource::open(options.file);
  if (!source) {
    say_to_user(source.error().message);
    return kBadInput;
  }
  auto outputs = Outputs::open(options.view, Outputs::Pace::Steady);
  if (!outputs) {
    say_to_user(outputs.error().message);
    return kFailed;
  }
  return replay(**source, options.view, **outputs);
}

}  // namespace reloadtrace
