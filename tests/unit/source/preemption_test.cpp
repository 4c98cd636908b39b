// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/preemption.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

constexpr const char* kDynamic = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2";

TEST(Preemption, is_what_the_kernel_says_that_is_in_force) {
  EXPECT_FALSE(may_preempt_itself("none (voluntary) full \n", "", kDynamic));
  EXPECT_FALSE(may_preempt_itself("(none) voluntary full \n", "preempt=full", kDynamic));
  EXPECT_TRUE(may_preempt_itself("none voluntary (full) \n", "", kDynamic));
  EXPECT_TRUE(may_preempt_itself("none voluntary full (lazy) \n", "preempt=none", kDynamic));
}

TEST(Preemption, is_else_what_the_kernel_was_told_at_its_start) {
  EXPECT_FALSE(may_preempt_itself("", "quiet preempt=none root=/dev/vda\n", kDynamic));
  EXPECT_FALSE(may_preempt_itself("", "preempt=full preempt=voluntary\n", kDynamic));
  EXPECT_TRUE(may_preempt_itself("", "quiet preempt=full\n", kDynamic));
}

TEST(Preemption, is_possible_where_nothing_speaks_against_it) {
  EXPECT_FALSE(may_preempt_itself("", "quiet", "#1 SMP Debian 5.10"));
  EXPECT_TRUE(may_preempt_itself("", "no_preempt=none", kDynamic));
  EXPECT_TRUE(may_preempt_itself("", "", "#1 SMP PREEMPT_RT"));
  EXPECT_TRUE(may_preempt_itself("", "", ""));
}

}  // namespace
}  // namespace reloadtrace
