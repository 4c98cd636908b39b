// SPDX-License-Identifier: Apache-2.0
// One seeded way in which the kernel side could have delivered a tale otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/properties/dice.h"
#include "tests/properties/host.h"
#include "tests/properties/tale.h"

namespace reloadtrace::testing {

// Indexes are those of the tale's events.
struct Variation {
  std::vector<bool> lost;
  std::vector<std::uint8_t> copies;   // that follow the first, each up to the bound later
  std::vector<std::uint32_t> delays;  // ns, up to the bound of the merge
  Duration look{};                    // interval of the looks at the loss counters
  Duration phase{};                   // of these looks
};

// Records of the kernel side, and what the host concluded from one. What it reads from /proc and
// the file system (volumes, containers, inspections) passes no ring and cannot be lost.
bool can_be_lost(const Event& event);

Variation with_losses(const Tale& tale, Dice& dice);
Variation without_losses(const Tale& tale, Dice& dice);

// What of it differs from the tale as it was told, for people.
std::string describe(const Tale& tale, const Variation& variation);

// A tale that can be told again and again.
class Teller {
 public:
  explicit Teller(const Tale& tale);

  const Tale& tale() const { return tale_; }
  // Of the tale as it was, by its own inspections.
  const std::vector<Word>& words() const { return words_; }
  // The same with a host that answers whenever it is asked.
  const std::vector<Word>& words_on_a_host() const { return words_on_a_host_; }

  // As varied, straight to the engine. Nothing may be lost.
  std::vector<Word> tell(const Variation& variation) const;

  // As varied, by a host that answers when it is asked: what was lost is reported as the kernel
  // side would, in LossFacts that stand before what happened in their time.
  std::vector<Word> tell_on_a_host(const Variation& variation) const;

  // As varied, through the merger and the decoder, of records that come in that order. Nothing may
  // be lost. The host says what it said when a record is delivered.
  std::vector<Word> tell_through_the_rings(const Variation& variation) const;

 private:
  const Tale& tale_;
  Host host_;
  std::vector<std::vector<std::byte>> records_;  // empty ones are facts
  std::vector<Word> words_;
  std::vector<Word> words_on_a_host_;
};

}  // namespace reloadtrace::testing
