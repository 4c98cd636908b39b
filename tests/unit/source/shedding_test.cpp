// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/shedding.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

HookSet all_hooks() {
  return HookSet().set();
}

TEST(Shedding, gives_up_the_cheapest_to_lose_first_where_all_cost_comes_from_system_calls) {
  const std::vector<ProgramCost> window = {{"on_syscall", 1000, 900},
                                           {"on_ring_completion", 5, 10}};
  HookSet there = all_hooks();
  std::vector<std::string_view> order;
  while (const auto next = next_to_shed(there, window)) {
    order.push_back(name_of(*next));
    there.reset(place_of(*next));
  }
  EXPECT_EQ(order, (std::vector<std::string_view>{"poll", "http", "mmap"}));
}

TEST(Shedding, gives_up_io_uring_alone_where_all_cost_comes_from_it) {
  const std::vector<ProgramCost> window = {{"on_syscall_probing", 10, 10},
                                           {"on_ring_completion", 900, 900},
                                           {"on_ring_submission", 900, 900}};
  HookSet there = all_hooks();
  const auto first = next_to_shed(there, window);
  EXPECT_EQ(first, HookId::IoUringFailed);
  there.reset(place_of(*first));
  EXPECT_EQ(next_to_shed(there, window), HookId::IoUring);
}

TEST(Shedding, gives_up_the_hook_whose_own_functions_cost_most) {
  const std::vector<ProgramCost> sockets = {{"sys_sendto", 900, 900}, {"sys_newfstatat", 9, 9}};
  EXPECT_EQ(next_to_shed(all_hooks(), sockets), HookId::Http);
  EXPECT_EQ(next_to_shed(all_hooks(), {{"sys_faccessat2", 9, 9}}), HookId::Poll);
}

TEST(Shedding, gives_up_nothing_for_a_function_that_others_need_all_the_same) {
  EXPECT_EQ(next_to_shed(all_hooks(), {{"sys_read", 900, 900}}), std::nullopt);
  EXPECT_EQ(next_to_shed(all_hooks(), {{"sys_openat", 900, 900}}), std::nullopt);
}

TEST(Shedding, never_gives_up_what_is_required) {
  for (const HookId id : kShedOrder) {
    EXPECT_FALSE(kHooks[place_of(id)].required) << name_of(id);
  }
}

TEST(Shedding, gives_up_only_what_is_there) {
  HookSet there = all_hooks();
  there.reset(place_of(HookId::Poll));
  EXPECT_EQ(next_to_shed(there, {{"on_syscall", 1, 1}}), HookId::Http);
}

}  // namespace
}  // namespace reloadtrace
