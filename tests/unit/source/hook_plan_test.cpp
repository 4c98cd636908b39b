// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/hook_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bpf/filter.h"
#include "userspace/source/fentry_table.h"

namespace reloadtrace {
namespace {

TEST(HookTable, is_in_the_order_of_its_ids) {
  for (std::size_t i = 0; i < kHooks.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kHooks[i].id), i);
  }
}

TEST(HookPlan, leaves_out_what_it_is_told_to) {
  const HookPlan plan({"fork", "no_such_hook"});
  EXPECT_FALSE(plan.has(HookId::Fork));
  EXPECT_FALSE(plan.has_program("on_fork"));
  EXPECT_TRUE(plan.has_program("on_exec"));
  EXPECT_EQ(plan.missing_required(), nullptr);
  EXPECT_EQ(std::ranges::count(plan.states(), HookState::Missing, &HookStatus::state), 1);
}

TEST(HookPlan, names_a_required_hook_that_is_missing) {
  const HookPlan plan({"exit"});
  ASSERT_NE(plan.missing_required(), nullptr);
  EXPECT_EQ(plan.missing_required()->name, "exit");
}

TEST(HookPlan, reads_kernel_memory_the_slow_way_before_it_gives_up_a_hook) {
  HookPlan plan({});
  EXPECT_TRUE(plan.has_program("on_syscall"));
  EXPECT_FALSE(plan.has_program("on_syscall_probing"));
  EXPECT_TRUE(plan.give_way("on_syscall"));
  EXPECT_FALSE(plan.has_program("on_syscall"));
  EXPECT_TRUE(plan.has_program("on_syscall_probing"));
  EXPECT_EQ(std::ranges::count(plan.states(), HookState::Missing, &HookStatus::state), 0);
}

TEST(HookPlan, gives_up_one_family_after_the_other_and_never_a_required_one) {
  HookPlan plan({});
  ASSERT_TRUE(plan.give_way("on_syscall"));
  int given_up = 0;
  while (plan.give_way("on_syscall_probing")) {
    ++given_up;
  }
  EXPECT_EQ(given_up, std::ranges::count_if(kHooks, [](const Hook& hook) {
              return hook.in_dispatcher && !hook.required;
            }));
  EXPECT_EQ(plan.missing_required(), nullptr);
}

TEST(HookPlan, drops_the_hook_whose_own_program_was_refused) {
  HookPlan plan({});
  EXPECT_TRUE(plan.give_way("on_adoption"));
  EXPECT_FALSE(plan.has(HookId::Adopt));
  EXPECT_FALSE(plan.give_way("on_adoption"));
  EXPECT_TRUE(plan.has_program("on_cgroup_created"));
  EXPECT_TRUE(plan.give_way("on_cgroup_removed"));
  EXPECT_FALSE(plan.has_program("on_cgroup_created"));
  EXPECT_FALSE(plan.give_way("no_such_program"));
  EXPECT_FALSE(plan.give_way(""));
}

HookSet all_hooks() {
  return HookSet().set();
}

TEST(HookPlan, sees_system_calls_by_their_own_functions_where_it_may) {
  HookPlan plan({"mmap"}, {"http"});
  plan.prefer_fentry(all_hooks(), false);
  EXPECT_FALSE(plan.has_program("on_syscall"));
  EXPECT_TRUE(plan.has_program("on_function"));
  EXPECT_FALSE(plan.has_program("on_function_probing"));
  EXPECT_EQ(plan.seen_by(HookId::Read), RELOADTRACE_TIER_FENTRY);
  EXPECT_EQ(plan.seen_by(HookId::Mmap), 0);
  EXPECT_EQ(plan.seen_by(HookId::Http), 0);
  for (const HookStatus& hook : plan.states()) {
    const auto* known = std::ranges::find(kHooks, hook.name, &Hook::name);
    const HookState tier = known->in_dispatcher ? HookState::Fentry : HookState::Tracepoint;
    EXPECT_EQ(hook.state, hook.name == "mmap" ? HookState::Missing : tier) << hook.name;
  }
}

TEST(HookPlan, goes_back_to_the_tracepoint_for_what_fentry_cannot_have) {
  HookPlan plan({});
  plan.prefer_fentry(all_hooks(), false);
  EXPECT_TRUE(plan.give_up_fentry(HookSet().set(place_of(HookId::Poll))));
  EXPECT_FALSE(plan.give_up_fentry(HookSet().set(place_of(HookId::Poll))));
  EXPECT_EQ(plan.seen_by(HookId::Poll), RELOADTRACE_TIER_TRACEPOINT);
  EXPECT_EQ(plan.seen_by(HookId::Read), RELOADTRACE_TIER_FENTRY);
  EXPECT_TRUE(plan.has_program("on_syscall"));
  EXPECT_TRUE(plan.has_program("on_function"));
}

TEST(HookPlan, sees_queues_by_fentry_only_with_what_tells_of_the_reads_that_began_before) {
  HookPlan plan({});
  EXPECT_FALSE(plan.has_program("on_unfinished_read"));
  plan.prefer_fentry(all_hooks(), false);
  for (const auto program : kUnfinishedReads) {
    EXPECT_TRUE(plan.has_program(program)) << program;
  }
  EXPECT_TRUE(plan.give_way("on_inotify_read"));
  EXPECT_EQ(plan.seen_by(HookId::Inotify), RELOADTRACE_TIER_TRACEPOINT);
  EXPECT_EQ(plan.seen_by(HookId::Fanotify), RELOADTRACE_TIER_TRACEPOINT);
  EXPECT_EQ(plan.seen_by(HookId::Read), RELOADTRACE_TIER_FENTRY);
  EXPECT_FALSE(plan.has_program("on_notification_taken"));
}

TEST(HookPlan, misses_what_fentry_cannot_have_where_nothing_else_is_wanted) {
  HookPlan plan({});
  HookSet complete = all_hooks();
  complete.reset(place_of(HookId::Mount));
  plan.prefer_fentry(complete, true);
  EXPECT_FALSE(plan.has(HookId::Mount));
  EXPECT_TRUE(plan.has(HookId::Exec));  // of no system call
  EXPECT_TRUE(plan.give_up_fentry(HookSet().set(place_of(HookId::Read))));
  ASSERT_NE(plan.missing_required(), nullptr);
  EXPECT_EQ(plan.missing_required()->name, "read");
}

TEST(HookPlan, reads_kernel_memory_the_slow_way_before_it_gives_up_fentry) {
  HookPlan plan({});
  plan.prefer_fentry(all_hooks(), false);
  EXPECT_TRUE(plan.give_way("on_function"));
  EXPECT_TRUE(plan.has_program("on_optional_function_probing"));
  EXPECT_FALSE(plan.has_program("on_syscall_probing"));
  EXPECT_TRUE(plan.give_way("on_optional_function_probing"));
  EXPECT_FALSE(plan.has_program("on_function_probing"));
  EXPECT_TRUE(plan.has_program("on_syscall_probing"));
  EXPECT_EQ(plan.missing_required(), nullptr);
}

TEST(HookPlan, tries_the_tracepoint_where_fentry_attaches_and_delivers_nothing) {
  HookPlan plan({});
  plan.prefer_fentry(all_hooks(), false);
  const HookSet tried = HookSet().set(place_of(HookId::Read)).set(place_of(HookId::Open));
  const HookSet seen = HookSet().set(place_of(HookId::Open));
  EXPECT_TRUE(plan.judge(tried, seen));
  EXPECT_EQ(plan.seen_by(HookId::Read), RELOADTRACE_TIER_TRACEPOINT);
  EXPECT_EQ(plan.seen_by(HookId::Open), RELOADTRACE_TIER_FENTRY);
  EXPECT_EQ(plan.seen_by(HookId::Mount), RELOADTRACE_TIER_TRACEPOINT) << "not tried: who knows?";
  EXPECT_FALSE(plan.judge(tried, seen));
  EXPECT_EQ(plan.proof_of(HookId::Read), HookProof::Silent);
}

TEST(FentryTable, has_a_function_for_each_family_of_system_calls) {
  HookSet covered;
  for (const FentryTarget& target : kFentryTargets) {
    covered |= HookSet(target.hooks);
  }
  for (const Hook& hook : kHooks) {
    EXPECT_EQ(covered[place_of(hook.id)], hook.in_dispatcher) << hook.name;
  }
}

TEST(HookPlan, takes_a_hook_that_was_tried_and_not_seen_for_missing) {
  HookPlan plan({"signal"});
  HookSet tried;
  HookSet seen;
  for (const HookId id : {HookId::Open, HookId::Mmap, HookId::Signal}) {
    tried.set(place_of(id));
  }
  seen.set(place_of(HookId::Open));
  plan.judge(tried, seen);
  EXPECT_EQ(plan.proof_of(HookId::Open), HookProof::Delivers);
  EXPECT_EQ(plan.proof_of(HookId::Mmap), HookProof::Silent);
  EXPECT_FALSE(plan.has(HookId::Mmap));
  EXPECT_EQ(plan.proof_of(HookId::Read), HookProof::NotTried);
  EXPECT_TRUE(plan.has(HookId::Read));
  EXPECT_EQ(plan.proof_of(HookId::Signal), HookProof::NotTried);  // it was never there
  EXPECT_EQ(std::ranges::count(plan.states(), HookState::Missing, &HookStatus::state), 2);
}

TEST(HookPlan, misses_a_required_hook_that_is_silent) {
  HookPlan plan({});
  HookSet tried;
  tried.set(place_of(HookId::Read));
  plan.judge(tried, {});
  ASSERT_NE(plan.missing_required(), nullptr);
  EXPECT_EQ(plan.missing_required()->name, "read");
}

}  // namespace
}  // namespace reloadtrace
