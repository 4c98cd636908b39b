// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <thread>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

void do_nothing(int) {}

void block(int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

class BpfSignal : public LiveSourceTest {
 protected:
  // A process in scope that has done `prepare` and waits; killed by end().
  pid_t target(const std::function<void()>& prepare, bool in_scope = true) {
    int ready[2];
    if (::pipe(ready) != 0) {
      return -1;
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (in_scope) {
        open_and_read(at("volume/app.yaml"));
      }
      prepare();
      static_cast<void>(::write(ready[1], "x", 1));
      while (true) {
        ::pause();
      }
    }
    char byte = 0;
    const bool prepared = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    ::close(ready[1]);
    return prepared ? pid : -1;
  }
  static bool end(pid_t pid) {
    return ::kill(pid, SIGKILL) == 0 && ::waitpid(pid, nullptr, 0) == pid;
  }

  // What is told of `act`, done by one who may send nothing to the process that it is given.
  std::vector<SignalEvent> refused(const std::function<bool(pid_t)>& act,
                                   bool target_in_scope,
                                   bool sender_in_scope) {
    return all<SignalEvent>(trace([&] {
      const pid_t pid = target([] { ::signal(SIGHUP, do_nothing); }, target_in_scope);
      const pid_t sender = ::fork();
      if (sender == 0) {
        const bool ready = !sender_in_scope || open_and_read(at("volume/app.yaml"));
        ::_exit(ready && ::setuid(65534) == 0 && act(pid) ? 0 : 1);
      }
      int status = -1;
      return ::waitpid(sender, &status, 0) == sender && status == 0 && end(pid);
    }));
  }

  // A child sends one to a process that has prepared itself so.
  SignalEvent send(int signal, const std::function<void()>& prepare) {
    const auto found = of<SignalEvent>(trace([&] {
      const pid_t pid = target(prepare);
      return pid > 0 && ::kill(pid, signal) == 0 && end(pid);
    }));
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? SignalEvent{} : found[0];
  }
};

TEST_F(BpfSignal, tells_who_sent_which_signal_to_whom) {
  start();
  const auto events = trace([&] {
    const pid_t pid = target([] { ::signal(SIGHUP, do_nothing); });
    return ::kill(pid, SIGHUP) == 0 && end(pid);
  });
  const auto found = of<SignalEvent>(events);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].signal, static_cast<std::uint32_t>(SIGHUP));
  EXPECT_EQ(found[0].handling, SignalHandling::Handled);
  EXPECT_EQ(found[0].outcome, SignalOutcome::Delivered);
  EXPECT_EQ(found[0].error, 0U);
  EXPECT_EQ(found[0].target, static_cast<std::uint32_t>(found[0].target_pid));
  EXPECT_NE(found[0].target, static_cast<std::uint32_t>(child()));
  EXPECT_TRUE(found[0].target_started);
  EXPECT_EQ(found[0].target_cgroup, found[0].origin.cgroup_id);
  EXPECT_EQ(found[0].target_comm, found[0].origin.comm);
}

TEST_F(BpfSignal, tells_how_the_target_handles_it) {
  start();
  EXPECT_EQ(send(SIGUSR1, [] {}).handling, SignalHandling::Default);
  EXPECT_EQ(send(SIGUSR1, [] { ::signal(SIGUSR1, do_nothing); }).handling, SignalHandling::Handled);
  EXPECT_EQ(send(SIGUSR2, [] { ::signal(SIGUSR2, do_nothing); }).handling, SignalHandling::Handled);
  const auto ignored = send(SIGHUP, [] { ::signal(SIGHUP, SIG_IGN); });
  EXPECT_EQ(ignored.handling, SignalHandling::Ignored);
  EXPECT_EQ(ignored.outcome, SignalOutcome::Dropped);
}

TEST_F(BpfSignal, tells_one_that_is_waited_for_or_read_from_a_descriptor) {
  start();
  const auto read = send(SIGHUP, [] {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGHUP);
    block(SIGHUP);
    ::signalfd(-1, &set, 0);
  });
  EXPECT_EQ(read.handling, SignalHandling::Blocked);
  EXPECT_EQ(read.outcome, SignalOutcome::Delivered);
  // While it waits, the signal is not among the blocked ones of its thread.
  const auto found = of<SignalEvent>(trace([&] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      sigset_t set;
      int signal = 0;
      ::sigemptyset(&set);
      ::sigaddset(&set, SIGHUP);
      open_and_read(at("volume/app.yaml"));
      block(SIGHUP);
      ::_exit(::sigwait(&set, &signal) == 0 && signal == SIGHUP ? 0 : 1);
    }
    int status = -1;
    ::usleep(200'000);
    return ::kill(pid, SIGHUP) == 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
  }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].handling, SignalHandling::Blocked);
}

TEST_F(BpfSignal, calls_it_blocked_only_when_every_thread_blocks_it) {
  start();
  // Runs on when the new thread blocks what it should: at its very start it blocks everything.
  const auto idle = [] {
    std::atomic<bool> started{false};
    std::thread([&] {
      started = true;
      started.notify_one();
      ::pause();
    }).detach();
    started.wait(false);
  };
  EXPECT_EQ(send(SIGUSR1,
                 [&] {
                   idle();
                   block(SIGUSR1);
                 })
                .handling,
            SignalHandling::Default);
  EXPECT_EQ(send(SIGUSR1,
                 [&] {
                   block(SIGUSR1);
                   idle();
                 })
                .handling,
            SignalHandling::Blocked);
}

TEST_F(BpfSignal, says_that_one_was_pending_already) {
  start();
  const auto found = of<SignalEvent>(trace([&] {
    const pid_t pid = target([] { block(SIGHUP); });
    return ::kill(pid, SIGHUP) == 0 && ::kill(pid, SIGHUP) == 0 && end(pid);
  }));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].outcome, SignalOutcome::Pending);
}

TEST_F(BpfSignal, says_that_the_first_process_of_a_pid_namespace_dropped_it) {
  start();
  const auto events = trace([&] {
    if (::unshare(CLONE_NEWPID) != 0) {
      return false;
    }
    const pid_t init = ::fork();
    if (init == 0) {
      open_and_read(at("volume/app.yaml"));
      run_shell("sleep 10; true");
      ::_exit(1);
    }
    ::usleep(200'000);
    // From outside its namespace, and from inside.
    const bool outside = ::kill(init, SIGHUP) == 0;
    const pid_t inside = ::fork();
    if (inside == 0) {
      ::_exit(::kill(1, SIGHUP) == 0 ? 0 : 1);
    }
    int status = -1;
    return outside && ::waitpid(inside, &status, 0) == inside && status == 0 && end(init);
  });
  const auto found = all<SignalEvent>(events);
  ASSERT_EQ(found.size(), 2U);
  for (const SignalEvent& signal : found) {
    EXPECT_EQ(signal.outcome, SignalOutcome::Dropped);
    EXPECT_EQ(signal.handling, SignalHandling::Default);
    EXPECT_EQ(signal.target_pid, 1);
    EXPECT_GT(signal.target, 1U);
    EXPECT_EQ(signal.target_comm, "sh");
  }
}

TEST_F(BpfSignal, says_that_the_kernel_itself_sent_one) {
  start();
  const auto events = trace([&] {
    sigevent wanted{};
    wanted.sigev_notify = SIGEV_SIGNAL;
    wanted.sigev_signo = SIGUSR1;
    timer_t timer{};
    itimerspec soon{};
    soon.it_value.tv_nsec = 1'000'000;
    ::signal(SIGUSR1, do_nothing);
    block(SIGUSR1);  // until it is waited for, or a slow machine waits for one that was here before
    sigset_t none;
    ::sigemptyset(&none);
    return open_and_read(at("volume/app.yaml")) &&
           ::timer_create(CLOCK_MONOTONIC, &wanted, &timer) == 0 &&
           ::timer_settime(timer, 0, &soon, nullptr) == 0 && ::sigsuspend(&none) == -1;
  });
  const auto found = all<SignalEvent>(events);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].target, static_cast<std::uint32_t>(child()));
  EXPECT_EQ(found[0].origin.tgid, 0U);
  EXPECT_EQ(found[0].origin.comm, "");
}

TEST_F(BpfSignal, says_nothing_of_other_signals_and_of_processes_out_of_scope) {
  start();
  EXPECT_TRUE(all<SignalEvent>(trace([&] {
                const pid_t pid = target([] {}, false);
                const pid_t other = target([] { ::signal(SIGWINCH, do_nothing); });
                return ::kill(pid, SIGHUP) == 0 && ::waitpid(pid, nullptr, 0) == pid &&
                       ::kill(other, SIGWINCH) == 0 && end(other);
              })).empty());
}

TEST_F(BpfSignal, names_whom_a_refused_one_was_for_by_each_call_that_sends_it) {
  start();
  const auto found = refused(
      [](pid_t pid) {
        const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
        return ::kill(pid, SIGHUP) == -1 && ::kill(pid, SIGTERM) == -1 &&
               ::syscall(SYS_tgkill, pid, pid, SIGUSR2) == -1 &&
               ::syscall(SYS_tkill, pid, SIGUSR1) == -1 &&
               ::syscall(SYS_pidfd_send_signal, pidfd, SIGHUP, nullptr, 0) == -1;
      },
      /*target_in_scope=*/true, /*sender_in_scope=*/false);
  ASSERT_EQ(found.size(), 4U);
  for (const SignalEvent& signal : found) {
    EXPECT_EQ(signal.outcome, SignalOutcome::Refused);
    EXPECT_EQ(signal.error, static_cast<std::uint32_t>(EPERM));
    EXPECT_EQ(signal.target, found[0].target);
    EXPECT_EQ(signal.target, static_cast<std::uint32_t>(signal.target_pid));
    EXPECT_NE(signal.target, signal.origin.tgid);
    EXPECT_NE(signal.target, static_cast<std::uint32_t>(child()));
    EXPECT_TRUE(signal.target_started);
    EXPECT_LT(signal.target_started, signal.origin.started);
    EXPECT_EQ(signal.target_cgroup, signal.origin.cgroup_id);
    EXPECT_EQ(signal.target_comm, signal.origin.comm);
  }
  EXPECT_EQ(found[0].signal, static_cast<std::uint32_t>(SIGHUP));
  EXPECT_EQ(found[0].handling, SignalHandling::Handled);
  EXPECT_EQ(found[1].signal, static_cast<std::uint32_t>(SIGUSR2));
  EXPECT_EQ(found[1].handling, SignalHandling::Default);
  EXPECT_EQ(found[2].signal, static_cast<std::uint32_t>(SIGUSR1));
  EXPECT_EQ(found[3].signal, static_cast<std::uint32_t>(SIGHUP));
}

TEST_F(BpfSignal, takes_the_number_of_a_refused_one_as_its_senders_pid_namespace_has_it) {
  start();
  const auto found = all<SignalEvent>(trace([&] {
    if (::unshare(CLONE_NEWPID) != 0) {
      return false;
    }
    const pid_t init = target([] {});
    const pid_t inside = ::fork();
    if (inside == 0) {
      ::_exit(::setuid(65534) == 0 && ::kill(1, SIGHUP) == -1 ? 0 : 1);
    }
    int status = -1;
    return ::waitpid(inside, &status, 0) == inside && status == 0 && end(init);
  }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].outcome, SignalOutcome::Refused);
  EXPECT_EQ(found[0].target_pid, 1);
  EXPECT_GT(found[0].target, static_cast<std::uint32_t>(child()));
  EXPECT_LT(found[0].target, found[0].origin.tgid);
}

TEST_F(BpfSignal, tells_of_a_refused_one_when_either_side_is_in_scope) {
  start();
  const auto hang_up = [](pid_t pid) { return ::kill(pid, SIGHUP) == -1; };
  EXPECT_EQ(refused(hang_up, true, false).size(), 1U);
  EXPECT_EQ(refused(hang_up, false, true).size(), 1U);
  EXPECT_EQ(refused(hang_up, false, false).size(), 0U);
}

TEST_F(BpfSignal, tells_the_number_alone_when_nobody_has_it) {
  start();
  const auto found = of<SignalEvent>(trace([&] {
    const pid_t gone = ::fork();
    if (gone == 0) {
      ::_exit(0);
    }
    ::waitpid(gone, nullptr, 0);
    return open_and_read(at("volume/app.yaml")) && ::kill(gone, SIGUSR1) == -1;
  }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].outcome, SignalOutcome::Refused);
  EXPECT_EQ(found[0].error, static_cast<std::uint32_t>(ESRCH));
  EXPECT_EQ(found[0].target, 0U);
  EXPECT_GT(found[0].target_pid, 1);
}

TEST_F(BpfSignal, says_nothing_of_what_was_refused_to_a_process_out_of_scope) {
  start();
  EXPECT_TRUE(all<SignalEvent>(trace([&] {
                return ::setuid(65534) == 0 && ::kill(1, SIGHUP) == -1;
              })).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
