// SPDX-License-Identifier: Apache-2.0
// Numbers that follow from a seed, on every machine the same.
#pragma once

#include <cstdint>

namespace reloadtrace::testing {

// Sebastiano Vigna's splitmix64: cheap to make, which std::mt19937 is not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  // From 0 up to, and without, `end`.
  std::uint64_t below(std::uint64_t end) { return next() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace reloadtrace::testing
