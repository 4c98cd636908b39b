// SPDX-License-Identifier: Apache-2.0
// Puts records of several rings and CPUs into one order of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "userspace/base/timestamp.h"

namespace reloadtrace {

// Keeps copies of records until nothing older can be expected, then hands them out oldest first;
// records of one time in the order they came in. Buffers are used again, so a steady stream
// allocates nothing.
class EventMerger {
 public:
  // A record older than what release() has promised already is late: it is handed out next and
  // counted.
  void push(Timestamp at, std::span<const std::byte> record);

  // Hands out all records up to and including `bound`, and promises that there are no others. `use`
  // takes a std::span<const std::byte> that is valid during the call. Returns how many there were.
  template <typename Use>
  std::size_t release(Timestamp bound, Use&& use) {
    std::size_t released = 0;
    while (!heap_.empty() && heap_.front().at <= bound) {
      const std::size_t slot = take_oldest();
      use(std::span<const std::byte>(slots_[slot]));
      free_.push_back(slot);
      ++released;
    }
    if (promised_ < bound) {
      promised_ = bound;
    }
    return released;
  }

  std::optional<Timestamp> oldest() const;

  // Records that came too late, since the last call.
  std::uint64_t take_late() { return std::exchange(late_, 0); }

 private:
  struct Entry {
    Timestamp at;
    std::uint64_t order = 0;
    std::size_t slot = 0;
  };
  // For the heap functions, which keep the largest in front.
  static bool is_later(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }

  std::size_t take_oldest();

  std::vector<Entry> heap_;
  std::vector<std::vector<std::byte>> slots_;
  std::vector<std::size_t> free_;
  Timestamp promised_;
  std::uint64_t order_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace reloadtrace
