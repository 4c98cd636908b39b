// SPDX-License-Identifier: Apache-2.0
// Live witnesses of failures that need more than one publish and one behaviour to come about: an
// order of events, a clock, somebody without permission, a queue that is full, a broken link.
#include <signal.h>

#include <chrono>
#include <filesystem>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class Witness : public Story {
 protected:
  void expect(const Line& said, const Row& row, const std::string& evidence) {
    EXPECT_EQ(row_of(said), row) << said.dump(1);
    EXPECT_NE(said.value("evidence", "").find(evidence), std::string::npos) << said.dump(1);
  }
};

// helm upgrade && kill -HUP: kubelet has not delivered the new file yet.
TEST_F(Witness, asked_before_the_swap) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  Container& container = start("signal-reader");
  container.signal(SIGHUP);
  ASSERT_TRUE(container.output().wait_for("read app.yaml", seconds(5)));
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(), {"stale", "read_too_early"}, "was asked to reload (SIGHUP");
}

// The deadline comes between two looks.
TEST_F(Witness, poll_not_due) {
  volume_.publish({{"app.yaml", "one"}});
  trace({}, "1");
  Container& container = start("open-poller", {"app.yaml", "--interval", "2500"});
  for (int looks = 0; looks < 3; ++looks) {
    ASSERT_TRUE(container.output().wait_for("read app.yaml", seconds(10)));
  }
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(1), {"stale", "poll_pending"}, "next in about");
  expect(verdict(2), {"late", "", "poll"}, "after the publish");
}

// A reloader beside the application: not of its user, or not in its pid namespace.
TEST_F(Witness, signal_forbidden) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  start("signal-forbidden");
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(), {"stale", "signal_refused"}, ", pid 1 of its container, ");
  EXPECT_NE(verdict().value("evidence", "").find("EPERM"), std::string::npos);
}

TEST_F(Witness, signal_to_nobody) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  constexpr const char* kReloader =
      "exec 2>&1; inotifywait -m -e moved_to /etc/config | while read -r _; do kill -HUP 4242; "
      "done";
  start({.command = {"sh", "-c", kReloader},
         .mounts = {volume_.mounted_at(kMount)},
         .host_programs = true,
         .ready = "Watches established."});
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(), {"stale", "signal_refused"}, "sent SIGHUP to pid 4242 ");
  EXPECT_NE(verdict().value("evidence", "").find("ESRCH"), std::string::npos);
}

// More events than fs.inotify.max_queued_events while it was busy; the swap was among those
// dropped.
TEST_F(Witness, queue_overflowed) {
  volume_.publish({{"app.yaml", "one"}});
  trace({}, "5");
  may_lose_ = true;  // of a read of 250 notifications the kernel side tells the first 64
  const Container& ignores = start("overflow-ignorer", {"app.yaml", "--interval", "2000"});
  const Container& rescans = start("overflow-rescanner", {"app.yaml", "--interval", "2000"});
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(rescans), {"reloaded", "", "inotify"}, "");
  expect(verdict(ignores), {"stale", "queue_overflow"}, "IN_Q_OVERFLOW");
}

// As kubernetes #121472 leaves it: ..data is right, and the link that the application opens is not.
TEST_F(Witness, link_dangles) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  start("directory-watcher");
  fs::remove(volume_.path() + "/app.yaml");
  fs::create_symlink("..data/app.yml", volume_.path() + "/app.yaml");
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(), {"stale", "dangling_link"}, "its visible link is missing");
}

}  // namespace
}  // namespace reloadtrace::testing
