// SPDX-License-Identifier: Apache-2.0
// Which bytes of a file were read, in whatever order and pieces.
#pragma once

#include <cstdint>
#include <vector>

namespace reloadtrace {

// A set of disjoint, sorted byte ranges. Reading from front to back keeps a single range.
class Coverage {
 public:
  void add(std::uint64_t offset, std::uint64_t count);
  void clear() { ranges_.clear(); }

  // Whether every byte of [0, size) is in the set. True for size 0.
  bool covers(std::uint64_t size) const;
  // Distinct bytes in the set.
  std::uint64_t bytes() const;

 private:
  // Bounds the memory that a hostile reader can take. A range beyond it is forgotten, so that
  // covers() errs towards "not read", until the holes before it are closed.
  static constexpr std::size_t kMaxRanges = 1024;

  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::vector<Range> ranges_;
};

}  // namespace reloadtrace
