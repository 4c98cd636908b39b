// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/slow_closer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

namespace reloadtrace {
namespace {

// A descriptor whose last end can be seen.
class Watched {
 public:
  Watched() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) == 0) {
      seen_.reset(ends[0]);
      descriptor.reset(ends[1]);
    }
  }
  bool ends_within(int milliseconds) const {
    pollfd wait{.fd = seen_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, milliseconds) == 1 && (wait.revents & POLLHUP) != 0;
  }

  UniqueFd descriptor;

 private:
  UniqueFd seen_;
};

constexpr int kPatience = 10'000;
constexpr int kMoment = 50;

class SlowCloserTest : public ::testing::Test {
 protected:
  // What forks twice comes to this process, which can wait for it then. SIGPIPE as in the tracer.
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    ::signal(SIGPIPE, SIG_IGN);
    closer_.begin({&one_.descriptor, &other_.descriptor});
  }
  void TearDown() override {
    closer_.end();
    ::waitpid(-1, nullptr, 0);
    ::signal(SIGPIPE, SIG_DFL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }
  static pid_t only_child() {
    std::ifstream children("/proc/thread-self/children");
    pid_t child = -1;
    children >> child;
    return child;
  }

  Watched one_;
  Watched other_;
  SlowCloser closer_;
};

TEST_F(SlowCloserTest, closes_what_its_owner_closed_and_nothing_else) {
  closer_.close(one_.descriptor);
  EXPECT_FALSE(one_.descriptor);
  EXPECT_TRUE(one_.ends_within(kPatience));
  EXPECT_FALSE(other_.ends_within(kMoment));
}

TEST_F(SlowCloserTest, has_the_last_reference_and_lets_go_when_it_ends) {
  other_.descriptor.reset();
  EXPECT_FALSE(other_.ends_within(kMoment));
  closer_.end();
  EXPECT_TRUE(other_.ends_within(kPatience));
}

TEST_F(SlowCloserTest, once_killed_leaves_each_end_to_its_owner) {
  const pid_t process = only_child();
  ASSERT_GT(process, 0);
  ASSERT_EQ(::kill(process, SIGKILL), 0);
  ASSERT_EQ(::waitpid(process, nullptr, 0), process);
  EXPECT_FALSE(one_.ends_within(kMoment));
  closer_.close(one_.descriptor);
  EXPECT_TRUE(one_.ends_within(0));
  other_.descriptor.reset();
  EXPECT_TRUE(other_.ends_within(0));
}

}  // namespace
}  // namespace reloadtrace
