// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/event_delivery.h"

#include <gtest/gtest.h>

#include <vector>

#include "bpf/events.h"

namespace reloadtrace {
namespace {

// Deliveries of one delivery object, in their order.
class EventDeliveryTest : public ::testing::Test {
 protected:
  void push(std::uint64_t at, std::uint32_t tgid = 1) {
    reloadtrace_exit_event record{};
    record.header.ts_ns = at;
    record.header.tgid = tgid;
    record.header.kind = RELOADTRACE_EV_EXIT;
    record.header.size = sizeof record;
    delivery_.push(std::as_bytes(std::span(&record, 1)));
  }
  std::vector<std::uint64_t> deliver_until(std::uint64_t bound) {
    std::vector<std::uint64_t> times;
    events_.clear();
    const auto count = delivery_.deliver_until(
        {bound}, [&](const Event& event, std::span<const std::byte> record) {
          EXPECT_EQ(record.empty(), std::holds_alternative<LossFact>(event));
          times.push_back(time_of(event).ns);
          events_.push_back(event);
        });
    EXPECT_GE(count, times.size());
    return times;
  }
  void look(std::uint64_t at, std::uint64_t facts_ring_full = 0) {
    LossTotals totals{};
    totals[static_cast<std::size_t>(LossCause::FactsRingFull)] = facts_ring_full;
    delivery_.look({at}, totals);
  }

  EventDelivery delivery_{Timestamp{10}};
  std::vector<Event> events_;
};

using Times = std::vector<std::uint64_t>;

TEST_F(EventDeliveryTest, orders_records_of_several_rings_by_time) {
  push(30);
  push(20);
  push(40);
  EXPECT_EQ(deliver_until(30), (Times{20, 30}));
  EXPECT_EQ(deliver_until(50), (Times{40}));
}

TEST_F(EventDeliveryTest, keeps_the_order_of_records_of_one_time) {
  for (std::uint32_t tgid = 1; tgid <= 20; ++tgid) {
    push(20, tgid);
  }
  deliver_until(20);
  ASSERT_EQ(events_.size(), 20U);
  for (std::uint32_t i = 0; i < 20; ++i) {
    EXPECT_EQ(origin_of(events_[i])->tgid, i + 1);
  }
}

TEST_F(EventDeliveryTest, delivers_a_late_record_and_counts_it) {
  push(30);
  deliver_until(30);
  push(20);
  push(31);
  EXPECT_EQ(deliver_until(40), (Times{20, 31}));
  look(50);
  deliver_until(60);
  ASSERT_EQ(events_.size(), 1U);
  const auto& fact = std::get<LossFact>(events_[0]);
  ASSERT_EQ(fact.lost.size(), 1U);
  EXPECT_EQ(fact.lost[0].cause, LossCause::OutOfOrder);
  EXPECT_EQ(fact.lost[0].count, 1U);
}

TEST_F(EventDeliveryTest, puts_a_loss_before_all_that_happened_in_its_time) {
  look(15);
  push(12);
  push(20);
  push(40);
  look(30, 5);
  EXPECT_EQ(deliver_until(14), (Times{12}));
  EXPECT_EQ(deliver_until(20), (Times{15, 20}));
  const auto& fact = std::get<LossFact>(events_[0]);
  EXPECT_EQ(fact.since.ns, 15U);
  EXPECT_EQ(fact.at.ns, 30U);
  EXPECT_EQ(fact.lost[0].count, 5U);
  EXPECT_EQ(deliver_until(40), (Times{40}));
  look(50, 7);
  deliver_until(60);
  EXPECT_EQ(std::get<LossFact>(events_.at(0)).lost[0].count, 2U);
  look(70, 7);
  EXPECT_TRUE(deliver_until(80).empty());
}

TEST_F(EventDeliveryTest, has_no_horizon_beyond_the_last_look_at_losses) {
  deliver_until(100);
  EXPECT_EQ(delivery_.horizon().ns, 10U);
  look(90);
  deliver_until(100);
  EXPECT_EQ(delivery_.horizon().ns, 90U);
  look(120);
  deliver_until(110);
  EXPECT_EQ(delivery_.horizon().ns, 90U);
  deliver_until(130);
  EXPECT_EQ(delivery_.horizon().ns, 120U);
}

TEST_F(EventDeliveryTest, has_no_horizon_beyond_what_was_held_back_until_a_look) {
  look(50);
  deliver_until(60);
  EXPECT_EQ(delivery_.horizon().ns, 50U);
  push(100);  // of what happened at 70, reported only when it was asked for
  look(100);
  EXPECT_TRUE(deliver_until(90).empty());
  EXPECT_EQ(delivery_.horizon().ns, 50U);
  EXPECT_EQ(deliver_until(100), (Times{100}));
  EXPECT_EQ(delivery_.horizon().ns, 100U);
}

TEST_F(EventDeliveryTest, has_no_horizon_beyond_the_start_of_a_loss_that_is_not_delivered_yet) {
  look(50);
  look(100, 3);
  EXPECT_TRUE(deliver_until(40).empty());
  EXPECT_LT(delivery_.horizon().ns, 50U);
  EXPECT_EQ(deliver_until(100), (Times{50}));
  EXPECT_EQ(delivery_.horizon().ns, 100U);
}

TEST_F(EventDeliveryTest, passes_over_a_record_it_cannot_read_and_counts_it) {
  const std::byte garbage[3] = {};
  delivery_.push(garbage);
  push(20);
  EXPECT_EQ(deliver_until(20), (Times{20}));
  look(30);
  deliver_until(30);
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(std::get<LossFact>(events_[0]).lost.back().cause, LossCause::Undecodable);
}

TEST_F(EventDeliveryTest, says_what_waits_longest) {
  EXPECT_FALSE(delivery_.oldest());
  push(40);
  push(30);
  EXPECT_EQ(delivery_.oldest(), Timestamp{30});
  deliver_until(50);
  EXPECT_FALSE(delivery_.oldest());
}

}  // namespace
}  // namespace reloadtrace
