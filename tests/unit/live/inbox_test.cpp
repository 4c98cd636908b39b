// SPDX-License-Identifier: Apache-2.0
// What is handed over to the screen.
#include "userspace/live/inbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/unit/sink/reports.h"

namespace reloadtrace::live {
namespace {

bool is_readable(const Inbox& inbox) {
  pollfd fd{inbox.fd(), POLLIN, 0};
  return ::poll(&fd, 1, 0) == 1;
}

TEST(Inbox, gives_what_it_got_in_order_and_wakes_whoever_waits) {
  Inbox inbox(8);
  EXPECT_FALSE(is_readable(inbox));
  EXPECT_TRUE(inbox.put(Report(test::start())));
  EXPECT_TRUE(inbox.put(std::string("ready")));
  EXPECT_TRUE(is_readable(inbox));
  const Inbox::Taken taken = inbox.take();
  ASSERT_EQ(taken.items.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Report>(taken.items[0]));
  EXPECT_EQ(std::get<std::string>(taken.items[1]), "ready");
  EXPECT_EQ(taken.dropped, 0U);
  EXPECT_FALSE(is_readable(inbox));
}

TEST(Inbox, counts_what_it_has_no_room_for) {
  Inbox inbox(2);
  for (int i = 0; i < 5; ++i) {
    inbox.put(std::string("x"));
  }
  const Inbox::Taken taken = inbox.take();
  EXPECT_EQ(taken.items.size(), 2U);
  EXPECT_EQ(taken.dropped, 3U);
  EXPECT_TRUE(inbox.put(std::string("x")));
  EXPECT_EQ(inbox.take().dropped, 0U);
}

}  // namespace
}  // namespace reloadtrace::live
