// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/replay_source.h"

#include <algorithm>

namespace reloadtrace {
namespace {

// So that signals and --count are looked at now and then.
constexpr int kBatch = 4096;

}  // namespace

Result<std::unique_ptr<ReplaySource>> ReplaySource::open(const std::string& path) {
  auto reader = RecordingReader::open(path);
  if (!reader) {
    return reader.error();
  }
  return std::unique_ptr<ReplaySource>(new ReplaySource(std::move(*reader)));
}

Result<Progress> ReplaySource::poll(std::chrono::milliseconds /*timeout*/,
                                    const Callback& deliver) {
  for (int i = 0; i < kBatch; ++i) {
    auto item = reader_->next();
    if (!item) {
      return item.error();
    }
    if (!*item) {
      return Progress::EndOfStream;
    }
    horizon_ = std::max(horizon_, time_of((*item)->event));
    deliver((*item)->event, (*item)->record);
  }
  return Progress::Delivered;
}

}  // namespace reloadtrace
