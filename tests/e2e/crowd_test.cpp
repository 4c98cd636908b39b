// SPDX-License-Identifier: Apache-2.0
// One volume, a crowd of containers that read, notice and fail in all the ways there are, two
// publishes: each gets its own row. TearDown sees to it that the replay gives the same.
#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include "tests/e2e/story.h"
#include "tests/support/patience.h"

namespace reloadtrace::testing {
namespace {

struct Member {
  const char* behaviour;
  Row row;
  std::vector<std::string> options = {};
  int signal = 0;     // sent to its first process after each publish
  bool post = false;  // POST /-/reload after each publish
};

const Row kByInotify{"reloaded", "", "inotify"};
const Row kByFanotify{"reloaded", "", "fanotify"};
const Row kByPoll{"reloaded", "", "poll"};
const Row kBySignal{"reloaded", "", "signal"};
const Row kByHttp{"reloaded", "", "http"};

Row stale(const char* cause) {
  return {"stale", cause};
}

class Crowd : public Story {
 protected:
  static constexpr const char* kPort = "8080";

  void come(const std::vector<Member>& members) {
    volume_.publish({{"app.yaml", "level: info"}, {"limits.conf", "files: 10"}});
    // Long enough to ask all of them, too.
    trace({}, std::to_string(patient(std::chrono::seconds(4)).count() / 1000));
    for (const Member& member : members) {
      std::vector<std::string> arguments = {"app.yaml"};
      arguments.insert(arguments.end(), member.options.begin(), member.options.end());
      if (member.post) {
        arguments.insert(arguments.end(), {"--port", kPort});
      }
      start(member.behaviour, arguments);
    }
    std::this_thread::sleep_for(std::chrono::seconds(2));  // the pollers look
    for (std::size_t nth = 1; nth <= 2; ++nth) {
      volume_.publish({{"app.yaml", "level: debug " + std::to_string(nth)}});
      ask(members);
      for (std::size_t i = 0; i < members.size(); ++i) {
        const Line said = verdict(*containers_[i], nth);
        EXPECT_EQ(row_of(said), members[i].row)
            << members[i].behaviour << " at publish " << nth << ": " << said.at("evidence")
            << said.at("trigger");
      }
    }
  }

 private:
  void ask(const std::vector<Member>& members) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].signal != 0) {
        containers_[i]->signal(members[i].signal);
      }
      if (members[i].post) {
        containers_[i]->exec({"busybox", "wget", "-q", "-O", "-", "--post-data=",
                              std::string("http://127.0.0.1:") + kPort + "/-/reload"});
      }
    }
  }
};

TEST_F(Crowd, is_seen_to_reread_by_whatever_call_it_reads) {
  come({{"sendfile-reader", kByInotify},
        {"splice-reader", kByInotify},
        {"copy-range-reader", kByInotify},
        {"backward-reader", kByInotify},
        {"piece-reader", kByInotify},
        {"readv-reader", kByInotify},
        {"preadv-reader", kByInotify},
        {"preadv2-reader", kByInotify},
        {"uring-reader", kByInotify},
        {"uring-readv-reader", kByInotify},
        {"uring-fixed-reader", kByInotify},
        {"uring-openat2-reader", kByInotify},
        {"uring-worker-reader", kByInotify},
        {"uring-polled-reader", kByInotify},
        {"uring-direct-reader", kByInotify},
        {"unmapper", stale("no_watcher"), {"--interval", "100"}}});
}

TEST_F(Crowd, is_told_by_watches_of_every_kind_and_misses_what_they_miss) {
  come({{"mask-adder", kByInotify},
        {"mask-replacer", stale("mask_misses_swap")},
        {"one-shot-rearming", kByInotify},
        {"many-queues", kByInotify},
        {"wd-reuser", kByInotify},
        {"parent-watcher", stale("no_watcher")},
        {"fanotify-watcher", kByFanotify},
        {"descriptor-limit", stale("watch_setup_failed")},
        {"instances-taken", stale("watch_setup_failed")},
        {"missing-watch", stale("watch_setup_failed")},
        {"child-copier", stale("copied_at_start")}});
}

TEST_F(Crowd, is_told_by_its_own_looks_and_misses_what_they_cannot_show) {
  const std::vector<std::string> often = {"--interval", "300"};
  come({{"stat-poller", kByPoll, often},
        {"old-stat-poller", kByPoll, often},
        {"statx-poller", kByPoll, often},
        {"data-poller", kByPoll, often},
        {"readlink-poller", kByPoll, often},
        {"access-poller", kByPoll, often},
        {"faccessat2-poller", kByPoll, often},
        {"link-poller", stale("poll_missed"), often},
        {"existence-poller", stale("poll_missed"), often}});
}

TEST_F(Crowd, is_told_by_signals_and_requests_and_may_not_follow) {
  come({{"signal-reader", kBySignal, {}, SIGHUP},
        {"signal-reader", kBySignal, {"--signal", "USR1"}, SIGUSR1},
        {"signal-waiter", kBySignal, {}, SIGHUP},
        {"signalfd-reader", kBySignal, {}, SIGHUP},
        {"signal-waster", stale("signal_no_reread"), {}, SIGHUP},
        {"signal-ignorer", stale("signal_ignored"), {}, SIGHUP},
        // Pid 1 of a pid namespace: the kernel drops what it has no handler for.
        {"signal-victim", stale("signal_ignored"), {}, SIGHUP},
        {"http-reloader", kByHttp, {}, 0, true},
        {"http-later-reloader", kByHttp, {}, 0, true},
        {"http-reloader", kByHttp, {"--socket-calls", "recv"}, 0, true},
        {"http-reloader", kByHttp, {"--socket-calls", "vector"}, 0, true},
        {"http-rejecter", kByHttp, {}, 0, true},
        {"http-refuser", stale("http_refused"), {}, 0, true},
        {"http-waster", stale("http_no_reread"), {}, 0, true}});
}

TEST_F(Crowd, is_described_process_by_process_where_workers_keep_the_old_file) {
  volume_.publish({{"app.yaml", "level: info"}});
  trace({}, "3");
  Container& master = start("stale-workers", {"app.yaml", "--interval", "200"});
  std::this_thread::sleep_for(std::chrono::seconds(1));  // the workers read
  volume_.publish({{"app.yaml", "level: debug"}});
  master.signal(SIGHUP);
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "reloaded");
  std::map<std::string, int> states;
  for (const Line& process : said.at("processes")) {
    ++states[process.at("state").get<std::string>()];
  }
  EXPECT_EQ(states["reread"], 1) << said.at("processes");
  EXPECT_EQ(states["old"], 2) << said.at("processes");
}

}  // namespace
}  // namespace reloadtrace::testing
