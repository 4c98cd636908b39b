// SPDX-License-Identifier: Apache-2.0
// Events on their way: into the recording, through the engine, out to the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "userspace/cli/outputs.h"
#include "userspace/engine/engine.h"
#include "userspace/wire/recording.h"

namespace reloadtrace {

// `deadline` is used when the user gave none.
EngineOptions engine_options(const ViewOptions& view, Duration deadline);

class Pipeline {
 public:
  // `recorder` may be null. `inspect` as for the engine; its facts are fed like all others.
  Pipeline(EngineOptions options,
           Outputs& outputs,
           std::unique_ptr<RecordingWriter> recorder,
           Engine::Inspect inspect);

  // In the order of the stream. Deadlines that this event's time passes are judged first, so that a
  // recording has their inspections before it and a replay concludes in the same order.
  void feed(const Event& event, std::span<const std::byte> record);
  void advance_to(Timestamp now) { engine_.advance_to(now); }

  // Makes what was recorded so far readable, even if we are killed next.
  void flush_recording();
  // Ends the session. False when the recording could not be kept.
  bool finish(Timestamp now);

  const Engine& engine() const { return engine_; }
  Census census() { return engine_.census(); }
  Roster roster() const { return engine_.roster(); }
  std::uint64_t verdicts() const { return verdicts_; }

 private:
  void record(const Result<>& done);

  Outputs& outputs_;
  std::unique_ptr<RecordingWriter> recorder_;
  bool recording_failed_ = false;
  std::uint64_t verdicts_ = 0;
  Engine engine_;
};

}  // namespace reloadtrace
