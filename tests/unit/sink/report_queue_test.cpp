// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/report_queue.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::at_ms;

// Keeps what it gets, and lets nothing through while it is shut.
class Gate {
 public:
  class Sink : public reloadtrace::Sink {
   public:
    explicit Sink(Gate& gate) : gate_(gate) {}
    Result<> write(const Report& report) override { return gate_.take(report); }

   private:
    Gate& gate_;
  };

  void shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  // Until somebody stands before it.
  void wait_for_somebody() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  std::vector<Report> passed() {
    const std::lock_guard lock(mutex_);
    return passed_;
  }

 private:
  Result<> take(const Report& report) {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    waiting_ = false;
    passed_.push_back(report);
    return Unit{};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool waiting_ = false;
  std::vector<Report> passed_;
};

ReloadReport reload(std::int64_t ms) {
  ReloadReport report;
  report.at = at_ms(ms);
  return report;
}

EventReport event(std::int64_t ms) {
  EventReport report;
  report.at = at_ms(ms);
  return report;
}

template <class T>
std::vector<T> all_of(const std::vector<Report>& reports) {
  std::vector<T> found;
  for (const Report& report : reports) {
    if (const auto* one = std::get_if<T>(&report)) {
      found.push_back(*one);
    }
  }
  return found;
}

class ReportQueueTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kCapacity = 8;

  // Whoever is inside still needs the gate.
  void TearDown() override { put_out(); }

  // From here on nothing is put out; one report is already in the thread's hand.
  void stall() {
    gate_.shut();
    EXPECT_TRUE(queue_.write(reload(0)));
    gate_.wait_for_somebody();
  }
  std::vector<Report> put_out() {
    gate_.open();
    EXPECT_EQ(queue_.drain(seconds(10)), 0U);
    return gate_.passed();
  }

  Gate gate_;
  std::vector<std::string> complaints_;
  ReportQueue queue_{std::make_unique<Gate::Sink>(gate_),
                     [this](const Error& error) { complaints_.push_back(error.message); },
                     kCapacity};
};

TEST_F(ReportQueueTest, puts_everything_out_in_order) {
  for (std::int64_t ms = 0; ms < 1000; ++ms) {
    while (!queue_.write(reload(ms))) {
      std::this_thread::yield();
    }
  }
  std::int64_t expected = 0;
  for (const auto& one : all_of<ReloadReport>(put_out())) {
    EXPECT_EQ(one.at, at_ms(expected++));
  }
  EXPECT_EQ(expected, 1000);
}

TEST_F(ReportQueueTest, drops_evidence_long_before_verdicts_while_nobody_reads) {
  stall();
  for (std::int64_t ms = 1; ms <= 20; ++ms) {
    EXPECT_EQ(queue_.write(event(ms)).has_value(), ms <= 4) << ms;
  }
  for (std::int64_t ms = 21; ms <= 30; ++ms) {
    EXPECT_EQ(queue_.write(reload(ms)).has_value(), ms <= 24) << ms;
  }
  EXPECT_EQ(queue_.dropped(), 16U + 6U);
  const auto passed = put_out();
  EXPECT_EQ(all_of<EventReport>(passed).size(), 4U);
  EXPECT_EQ(all_of<ReloadReport>(passed).size(), 1U + 4U);
}

TEST_F(ReportQueueTest, tells_what_it_dropped_as_soon_as_there_is_room) {
  stall();
  for (std::int64_t ms = 1; ms <= 10; ++ms) {
    static_cast<void>(queue_.write(event(ms)).has_value());
  }
  queue_.tell_drops();
  ASSERT_TRUE(all_of<DropReport>(put_out()).empty());  // there was no room

  EXPECT_TRUE(queue_.write(reload(11)));
  const auto passed = put_out();
  const auto drops = all_of<DropReport>(passed);
  ASSERT_EQ(drops.size(), 1U);
  EXPECT_EQ(drops[0].reports, 6U);
  EXPECT_EQ(drops[0].since, at_ms(5));
  EXPECT_EQ(drops[0].until, at_ms(10));
  // Before what came after it.
  ASSERT_EQ(passed.size(), 1U + 4U + 1U + 1U);
  EXPECT_TRUE(std::holds_alternative<DropReport>(passed[5]));

  queue_.tell_drops();
  EXPECT_EQ(all_of<DropReport>(put_out()).size(), 1U);  // once
}

TEST_F(ReportQueueTest, has_all_that_was_dropped_in_the_last_line) {
  stall();
  for (std::int64_t ms = 1; ms <= 10; ++ms) {
    static_cast<void>(queue_.write(event(ms)).has_value());
  }
  StopReport stop;
  stop.at = at_ms(11);
  stop.lost = {{"activity_ring_full", 3}};
  EXPECT_TRUE(queue_.write(stop));
  const auto stops = all_of<StopReport>(put_out());
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].lost, (std::map<std::string, std::uint64_t>{{"activity_ring_full", 3}}));
  EXPECT_EQ(stops[0].dropped, 6U);
}

TEST_F(ReportQueueTest, never_drops_what_the_stream_cannot_be_understood_without) {
  stall();
  while (queue_.write(reload(1))) {
  }
  EXPECT_TRUE(queue_.write(StartReport{}));
  EXPECT_TRUE(queue_.write(LossReport{}));
  EXPECT_TRUE(queue_.write(StopReport{}));
}

TEST_F(ReportQueueTest, does_work_between_the_reports_that_it_came_between) {
  std::size_t passed_before = 0;
  EXPECT_TRUE(queue_.write(reload(1)));
  EXPECT_TRUE(queue_.write(reload(2)));
  queue_.post([&] { passed_before = gate_.passed().size(); });
  EXPECT_TRUE(queue_.write(reload(3)));
  EXPECT_EQ(put_out().size(), 3U);
  EXPECT_EQ(passed_before, 2U);
}

TEST_F(ReportQueueTest, gives_up_on_who_reads_nothing_and_says_how_much_is_left) {
  stall();
  EXPECT_TRUE(queue_.write(reload(1)));
  EXPECT_EQ(queue_.drain(milliseconds(20)), 2U);
}

TEST(ReportQueue, says_what_its_sink_says_went_wrong) {
  class Full : public Sink {
    Result<> write(const Report&) override {
      return Error{std::make_error_code(std::errc::no_space_on_device), "disk full"};
    }
  };
  std::vector<std::string> complaints;
  ReportQueue queue(std::make_unique<Full>(),
                    [&](const Error& error) { complaints.push_back(error.message); });
  EXPECT_TRUE(queue.write(reload(1)));
  EXPECT_EQ(queue.drain(seconds(10)), 0U);
  EXPECT_EQ(complaints, std::vector<std::string>{"disk full"});
}

}  // namespace
}  // namespace reloadtrace
