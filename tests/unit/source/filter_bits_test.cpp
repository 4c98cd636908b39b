// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/filter_bits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "bpf/filter.h"

namespace reloadtrace {
namespace {

using Bits = std::vector<FilterWord>;

int count(const Bits& bits) {
  int set = 0;
  for (const FilterWord word : bits) {
    set += std::popcount(word);
  }
  return set;
}

TEST(FilterBits, spread_the_inodes_of_neighbouring_volumes) {
  Bits bits(RELOADTRACE_FILTER_WORDS);
  for (std::uint64_t ino = 1000; ino < 1100; ++ino) {
    set_inode(bits, {5, ino});
  }
  EXPECT_GE(count(bits), 99);
}

TEST(FilterBits, hold_names) {
  Bits bits(RELOADTRACE_FILTER_WORDS);
  set_name(bits, "app.yaml");
  set_name(bits, "app.yaml");
  EXPECT_EQ(count(bits), 1);
  set_name(bits, "");
  EXPECT_EQ(count(bits), 2);
}

TEST(VolumeFilter, keeps_a_device_while_one_of_its_volumes_is_left) {
  Bits roots(RELOADTRACE_FILTER_WORDS);
  Bits devices(RELOADTRACE_FILTER_WORDS);
  std::uint32_t tracked = 0;
  VolumeFilter filter(roots, devices, tracked);
  filter.add({5, 1});
  filter.add({5, 2});
  filter.add({5, 2});
  EXPECT_EQ(tracked, 2U);
  EXPECT_EQ(count(roots), 2);
  EXPECT_EQ(count(devices), 1);
  filter.remove({5, 1});
  EXPECT_EQ(tracked, 1U);
  EXPECT_EQ(count(roots), 1);
  EXPECT_EQ(count(devices), 1);
  filter.remove({5, 1});
  filter.remove({5, 2});
  EXPECT_EQ(tracked, 0U);
  EXPECT_EQ(count(roots) + count(devices), 0);
}

}  // namespace
}  // namespace reloadtrace
