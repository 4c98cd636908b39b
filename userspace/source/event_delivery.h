// SPDX-License-Identifier: Apache-2.0
// From records as the rings gave them, and looks at the loss counters, to events in order of time
// and a horizon that can be relied on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "userspace/source/event_merger.h"
#include "userspace/source/event_source.h"
#include "userspace/source/loss_ledger.h"

namespace reloadtrace {

class EventDelivery {
 public:
  explicit EventDelivery(Timestamp start) : ledger_(start), told_(start), horizon_(start) {}

  void push(std::span<const std::byte> record);
  // What had been lost when the counters were read, at `now` or after. Records that the kernel side
  // held back until then have been pushed, with that time or an earlier one.
  void look(Timestamp now, LossTotals totals);
  Timestamp last_look() const { return ledger_.last_look(); }

  // Delivers what happened up to `bound`, since nothing older is expected; a loss before all that
  // happened in its time. A record that came later
  // than that is delivered at once and counted. Returns how many events there were.
  std::size_t deliver_until(Timestamp bound, const EventSource::Callback& deliver);

  // When the oldest record that waits happened.
  std::optional<Timestamp> oldest() const { return merger_.oldest(); }
  // Never beyond a look at the counters: what was lost after it, or held back, is not known yet.
  Timestamp horizon() const { return horizon_; }

 private:
  void hand_out(std::span<const std::byte> record, const EventSource::Callback& deliver);

  EventMerger merger_;
  LossLedger ledger_;
  std::deque<LossFact> losses_;
  Timestamp look_before_;  // the last but one
  Timestamp told_;         // the last of which all is delivered
  Timestamp horizon_;
  std::uint64_t late_ = 0;
  std::uint64_t undecodable_ = 0;
};

}  // namespace reloadtrace
