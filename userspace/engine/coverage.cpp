// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/coverage.h"

#include <algorithm>
#include <limits>

namespace reloadtrace {

void Coverage::add(std::uint64_t offset, std::uint64_t count) {
  if (count == 0) {
    return;
  }
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - offset;
  Range added{offset, offset + std::min(count, room)};
  // First range that touches or follows the new one.
  const auto first =
      std::lower_bound(ranges_.begin(), ranges_.end(), added.begin,
                       [](const Range& range, std::uint64_t begin) { return range.end < begin; });
  auto last = first;
  while (last != ranges_.end() && last->begin <= added.end) {
    added.begin = std::min(added.begin, last->begin);
    added.end = std::max(added.end, last->end);
    ++last;
  }
  if (first == last) {
    if (ranges_.size() < kMaxRanges) {
      ranges_.insert(first, added);
    }
    return;
  }
  *first = added;
  ranges_.erase(first + 1, last);
}

bool Coverage::covers(std::uint64_t size) const {
  return size == 0 ||
         (!ranges_.empty() && ranges_.front().begin == 0 && ranges_.front().end >= size);
}

std::uint64_t Coverage::bytes() const {
  std::uint64_t sum = 0;
  for (const Range& range : ranges_) {
    sum += range.end - range.begin;
  }
  return sum;
}

}  // namespace reloadtrace
