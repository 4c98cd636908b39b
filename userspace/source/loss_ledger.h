// SPDX-License-Identifier: Apache-2.0
// Turns counters that only rise into facts about what was lost when.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "userspace/base/timestamp.h"
#include "userspace/wire/record.h"

namespace reloadtrace {

class LossLedger {
 public:
  explicit LossLedger(Timestamp start) : looked_(start) {}

  // What rose between the last look and this one, which saw `totals` at or after `now`.
  std::optional<LossFact> look(Timestamp now, const LossTotals& totals) {
    LossFact fact{.at = now, .since = looked_, .lost = {}};
    for (std::size_t cause = 1; cause < totals.size(); ++cause) {
      if (totals[cause] > seen_[cause]) {
        fact.lost.push_back({static_cast<LossCause>(cause), totals[cause] - seen_[cause]});
      }
    }
    seen_ = totals;
    looked_ = now;
    return fact.lost.empty() ? std::nullopt : std::optional(std::move(fact));
  }

  Timestamp last_look() const { return looked_; }

 private:
  LossTotals seen_{};
  Timestamp looked_;
};

}  // namespace reloadtrace
