// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/event_merger.h"

#include <algorithm>

namespace reloadtrace {

void EventMerger::push(Timestamp at, std::span<const std::byte> record) {
  if (at <= promised_ && promised_) {
    ++late_;
  }
  std::size_t slot = slots_.size();
  if (free_.empty()) {
    slots_.emplace_back(record.begin(), record.end());
  } else {
    slot = free_.back();
    free_.pop_back();
    slots_[slot].assign(record.begin(), record.end());
  }
  heap_.push_back({at, order_++, slot});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

std::optional<Timestamp> EventMerger::oldest() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
}

std::size_t EventMerger::take_oldest() {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  const std::size_t slot = heap_.back().slot;
  heap_.pop_back();
  return slot;
}

}  // namespace reloadtrace
