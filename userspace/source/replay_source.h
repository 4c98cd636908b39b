// SPDX-License-Identifier: Apache-2.0
// A recording as a source: as fast as it can be read.
#pragma once

#include <memory>
#include <string>

#include "userspace/source/event_source.h"
#include "userspace/wire/recording.h"

namespace reloadtrace {

class ReplaySource final : public EventSource {
 public:
  // Fails for what is no recording, or is one of another version.
  static Result<std::unique_ptr<ReplaySource>> open(const std::string& path);

  // Never waits. Delivers up to some thousand events a call. An error at the end of what could be
  // read says that the recording is cut off or damaged.
  Result<Progress> poll(std::chrono::milliseconds timeout, const Callback& deliver) override;

  Timestamp horizon() const override { return horizon_; }

  // Frames that this version could not decode and passed over.
  std::uint64_t undecodable() const { return reader_->undecodable(); }

 private:
  explicit ReplaySource(std::unique_ptr<RecordingReader> reader) : reader_(std::move(reader)) {}

  std::unique_ptr<RecordingReader> reader_;
  Timestamp horizon_;
};

}  // namespace reloadtrace
