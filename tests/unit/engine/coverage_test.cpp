// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/coverage.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace reloadtrace {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(Coverage, covers_an_empty_file_without_any_read) {
  EXPECT_TRUE(Coverage{}.covers(0));
  EXPECT_FALSE(Coverage{}.covers(1));
}

TEST(Coverage, counts_pieces_in_any_order) {
  Coverage coverage;
  coverage.add(200, 100);
  coverage.add(0, 100);
  EXPECT_FALSE(coverage.covers(300));
  coverage.add(100, 100);
  EXPECT_TRUE(coverage.covers(300));
  EXPECT_EQ(coverage.bytes(), 300U);
}

TEST(Coverage, counts_bytes_once_however_often_they_are_read) {
  Coverage coverage;
  coverage.add(0, 10);
  coverage.add(0, 10);
  coverage.add(5, 10);
  EXPECT_EQ(coverage.bytes(), 15U);
}

TEST(Coverage, does_not_take_the_end_of_a_file_for_all_of_it) {
  Coverage coverage;
  coverage.add(1, 99);
  EXPECT_FALSE(coverage.covers(100));
}

TEST(Coverage, ignores_the_read_that_meets_the_end) {
  Coverage coverage;
  coverage.add(100, 0);
  EXPECT_EQ(coverage.bytes(), 0U);
  EXPECT_FALSE(coverage.covers(1));
}

TEST(Coverage, does_not_wrap_around_at_the_largest_offset) {
  Coverage coverage;
  coverage.add(kMax - 1, kMax);
  EXPECT_FALSE(coverage.covers(1));
  coverage.add(0, kMax);
  EXPECT_TRUE(coverage.covers(kMax));
}

TEST(Coverage, errs_towards_not_read_when_a_reader_leaves_too_many_holes) {
  Coverage coverage;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    coverage.add(2 * i, 1);
  }
  EXPECT_LT(coverage.bytes(), 100'000U);
  EXPECT_FALSE(coverage.covers(200'000));
  coverage.add(0, 200'000);
  EXPECT_TRUE(coverage.covers(200'000));
}

TEST(Coverage, agrees_with_a_set_of_single_bytes) {
  std::mt19937 random(42);
  for (int round = 0; round < 50; ++round) {
    Coverage coverage;
    std::set<std::uint64_t> bytes;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t offset = random() % 200;
      const std::uint64_t count = random() % 20;
      coverage.add(offset, count);
      for (std::uint64_t b = offset; b < offset + count; ++b) {
        bytes.insert(b);
      }
      std::uint64_t prefix = 0;
      while (bytes.contains(prefix)) {
        ++prefix;
      }
      ASSERT_EQ(coverage.bytes(), bytes.size());
      ASSERT_TRUE(coverage.covers(prefix));
      ASSERT_FALSE(coverage.covers(prefix + 1));
    }
  }
}

}  // namespace
}  // namespace reloadtrace
