// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/event_delivery.h"

#include <algorithm>
#include <utility>

namespace reloadtrace {

void EventDelivery::push(std::span<const std::byte> record) {
  // A record too short to have a time has the oldest, and is counted where it is decoded.
  merger_.push(time_of_record(record), record);
}

void EventDelivery::look(Timestamp now, LossTotals totals) {
  late_ += merger_.take_late();
  totals[static_cast<std::size_t>(LossCause::OutOfOrder)] = late_;
  totals[static_cast<std::size_t>(LossCause::Undecodable)] = undecodable_;
  look_before_ = ledger_.last_look();
  if (auto fact = ledger_.look(now, totals)) {
    losses_.push_back(*std::move(fact));
  }
}

void EventDelivery::hand_out(std::span<const std::byte> record,
                             const EventSource::Callback& deliver) {
  if (const auto event = decode(record)) {
    deliver(*event, record);
  } else {
    ++undecodable_;
  }
}

std::size_t EventDelivery::deliver_until(Timestamp bound, const EventSource::Callback& deliver) {
  const auto use = [&](std::span<const std::byte> record) { hand_out(record, deliver); };
  std::size_t count = 0;
  while (!losses_.empty() && losses_.front().since <= bound) {
    const Event fact = std::move(losses_.front());
    losses_.pop_front();
    count += merger_.release(time_of(fact), use) + 1;
    deliver(fact, {});
  }
  count += merger_.release(bound, use);
  // What was held back until a look may be of any time since the look before it.
  for (const Timestamp look : {look_before_, ledger_.last_look()}) {
    if (look <= bound) {
      told_ = std::max(told_, look);
    }
  }
  const Timestamp known = losses_.empty() ? told_ : std::min(told_, losses_.front().since);
  horizon_ = std::max(horizon_, std::min(bound, known));
  return count;
}

}  // namespace reloadtrace
