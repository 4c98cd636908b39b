// SPDX-License-Identifier: Apache-2.0
// What --events says of each kind of evidence.
#include "userspace/engine/evidence.h"

#include <gtest/gtest.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include <cerrno>
#include <chrono>

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

class Telling : public ::testing::Test {
 protected:
  Telling() {
    process_.tgid = 100;
    process_.comm = "app";
    process_.reader = &reader_;
    reader_.container_id = "c0ffee";
    usage_.reader = &reader_;
    usage_.path = "/etc/config";
  }

  // "poll file=app.yaml count=1": the event and its details.
  template <typename Happening>
  std::string told(const Happening& happening, bool wanted = true) {
    std::string out;
    tell(wanted, happening, usage_, process_, world_, [&](const Report& report) {
      const auto& event = std::get<EventReport>(report);
      EXPECT_EQ(event.process.pid, 100U);
      EXPECT_EQ(event.at, at_);
      out = event.event;
      for (const auto& [name, text] : event.text) {
        out += " " + name + "=" + text;
      }
      for (const auto& [name, number] : event.numbers) {
        out += " " + name + "=" + std::to_string(number);
      }
    });
    return out;
  }

  Origin origin(std::uint32_t tgid = 100, std::string comm = "app") const {
    return {at_, {1}, 7, tgid, tgid, std::move(comm)};
  }

  Timestamp at_{60'000'000'000};
  World world_{Selection{}};
  Reader reader_;
  Usage usage_;
  Process process_;
};

TEST_F(Telling, is_not_told_unless_it_is_wanted) {
  EXPECT_EQ(told(ExecEvent{origin()}, false), "");
  EXPECT_EQ(told(ExecEvent{origin()}), "exec");
}

TEST_F(Telling, of_one_look_is_the_call_and_the_file) {
  PollFact fact;
  fact.at = fact.first = at_;
  fact.path = "app.yaml";
  EXPECT_EQ(told(fact), "poll call=stat file=app.yaml count=1");
}

TEST_F(Telling, of_many_looks_is_how_many_and_over_which_time) {
  PollFact fact;
  fact.at = at_;
  fact.first = at_ - 4s;
  fact.kind = TargetKind::Link;
  fact.path = "..data";
  fact.call = PollCall::Readlink;
  fact.error = ENOENT;
  fact.count = 40;
  EXPECT_EQ(told(fact), "poll call=readlink target=..data error=ENOENT count=40 over_ms=4000");
}

TEST_F(Telling, of_a_look_at_the_directory_names_it_as_a_watch_does) {
  PollFact fact;
  fact.at = fact.first = at_;
  fact.kind = TargetKind::Root;
  fact.call = PollCall::Lstat;
  EXPECT_EQ(told(fact), "poll call=lstat target=. count=1");
}

TEST_F(Telling, of_a_signal_is_who_sent_it_to_whom_and_what_became_of_it) {
  SignalEvent event;
  event.origin = origin(7, "sh");
  event.target = 100;
  event.target_pid = 1;
  event.target_comm = "app";
  event.signal = 1;
  event.outcome = SignalOutcome::Dropped;
  EXPECT_EQ(told(event),
            "signal signal=SIGHUP sender=sh target=app handling=default outcome=dropped "
            "sender_pid=7 target_pid=100 namespace_pid=1");
}

TEST_F(Telling, of_a_signal_that_was_refused_has_an_error_and_no_handling) {
  SignalEvent event;
  event.origin = origin(7, "sh");
  event.target_pid = -12;
  event.signal = 10;
  event.outcome = SignalOutcome::Refused;
  event.error = EPERM;
  EXPECT_EQ(told(event),
            "signal signal=SIGUSR1 sender=sh outcome=refused error=EPERM sender_pid=7");
}

TEST_F(Telling, of_a_signal_from_the_kernel_says_so) {
  SignalEvent event;
  event.origin = origin(0, "swapper/0");
  event.target = 100;
  event.signal = 1;
  event.handling = SignalHandling::Handled;
  EXPECT_EQ(told(event),
            "signal signal=SIGHUP sender=kernel target= handling=handled outcome=delivered "
            "sender_pid=0 target_pid=100");
}

TEST_F(Telling, of_a_request_is_its_line_and_later_its_status) {
  HttpEvent event;
  event.origin = origin();
  event.requested = at_ - 12ms;
  event.line = "POST /-/reload";
  EXPECT_EQ(told(event), "http line=POST /-/reload");
  event.status = 403;
  EXPECT_EQ(told(event), "http line=POST /-/reload status=403 took_ms=12");
}

TEST_F(Telling, of_a_watch_that_failed_is_the_call_its_error_and_the_place) {
  WatchFailedFact fact;
  fact.at = at_;
  fact.error = EMFILE;
  fact.uid = 1000;
  EXPECT_EQ(told(fact), "watch_failed call=inotify_init error=EMFILE uid=1000");
  fact.call = WatchCall::Add;
  fact.error = ENOSPC;
  EXPECT_EQ(told(fact), "watch_failed call=inotify_add_watch error=ENOSPC target=. uid=1000");
  fact.path = "conf.d";
  EXPECT_EQ(told(fact), "watch_failed call=inotify_add_watch error=ENOSPC target=conf.d uid=1000");
}

TEST_F(Telling, by_fanotify_reads_like_that_by_inotify) {
  FanotifyMarkEvent mark;
  mark.origin = origin();
  mark.mask = FAN_MOVED_TO | FAN_ONDIR;
  EXPECT_EQ(told(mark), "watch_add target=. mask=FAN_MOVED_TO|FAN_ONDIR via=fanotify");
  FanotifyEvent notice;
  notice.origin = origin();
  notice.mask = FAN_MOVED_TO;
  notice.name = "..data";
  EXPECT_EQ(told(notice), "notify mask=FAN_MOVED_TO name=..data via=fanotify");
}

TEST_F(Telling, of_a_watch_that_ended_is_not_called_a_notice) {
  NotifyEvent event;
  event.origin = origin();
  event.mask = IN_IGNORED;
  EXPECT_EQ(told(event), "watch_end mask=IN_IGNORED name=");
}

}  // namespace
}  // namespace reloadtrace
