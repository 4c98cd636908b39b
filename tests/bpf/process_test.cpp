// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/bpf/live_source.h"
#include "userspace/base/cgroup_hierarchy.h"

namespace reloadtrace::testing {
namespace {

class BpfProcess : public LiveSourceTest {
 protected:
  // Exits of the last child, and forks by it.
  std::size_t exits(const std::vector<Event>& events) const { return of<ExitEvent>(events).size(); }
};

bool exec_true() {
  return ::execl("/bin/true", "true", nullptr) == 0;
}

// Of the last child's cgroup: what its records carry.
std::uint64_t own_cgroup_id() {
  std::ifstream file("/proc/self/cgroup");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto hierarchy = choose_cgroup_hierarchy(text);
  const std::string key = hierarchy.is_v2() ? "0::" : ":pids:";
  const auto begin = text.find(key) + key.size();
  struct stat st {};
  const std::string mount =
      hierarchy.is_v2() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + hierarchy.controller;
  return ::stat((mount + text.substr(begin, text.find('\n', begin) - begin)).c_str(), &st) == 0
             ? st.st_ino
             : 0;
}

TEST_F(BpfProcess, follows_a_process_that_touched_a_volume_and_its_children) {
  start();
  ASSERT_TRUE(source().scope_cgroup(own_cgroup_id(), CgroupScope::Ignored));
  const auto events = trace([&] {
    if (!open_and_read(at("volume/app.yaml"))) {
      return false;
    }
    if (::fork() == 0) {
      exec_true();
    }
    int status = 0;
    return ::wait(&status) > 0 && status == 0;
  });
  const auto forks = of<ForkEvent>(events);
  ASSERT_EQ(forks.size(), 1U);
  EXPECT_EQ(exits(events), 1U);
  std::size_t execs = 0;
  for (const ExecEvent& exec : all<ExecEvent>(events)) {
    if (exec.origin.tgid == forks[0].child) {
      ++execs;
      EXPECT_EQ(exec.origin.comm, "true");
      EXPECT_EQ(exec.origin.started, forks[0].child_started);
      EXPECT_EQ(exec.parent, static_cast<std::uint32_t>(child()));
      EXPECT_EQ(exec.pid_namespace, exec.parent_namespace);
      struct stat st {};
      ASSERT_EQ(::stat("/proc/self/ns/pid", &st), 0);
      EXPECT_EQ(exec.pid_namespace, st.st_ino);
    }
  }
  EXPECT_EQ(execs, 1U);
}

TEST_F(BpfProcess, says_nothing_of_a_process_out_of_scope) {
  start();
  ASSERT_TRUE(source().scope_cgroup(own_cgroup_id(), CgroupScope::Ignored));
  const auto events = trace(exec_true);
  EXPECT_TRUE(of<ExecEvent>(events).empty());
  EXPECT_EQ(exits(events), 0U);
}

TEST_F(BpfProcess, reports_execs_of_a_cgroup_that_nobody_has_classified) {
  start();
  const auto events = trace(exec_true);
  ASSERT_EQ(of<ExecEvent>(events).size(), 1U);
  EXPECT_EQ(of<ExecEvent>(events)[0].origin.cgroup_id, own_cgroup_id());
  EXPECT_EQ(exits(events), 0U);
}

TEST_F(BpfProcess, reports_the_life_of_a_tracked_cgroup) {
  start();
  ASSERT_TRUE(source().scope_cgroup(own_cgroup_id(), CgroupScope::Tracked));
  const auto events = trace(exec_true);
  EXPECT_EQ(of<ExecEvent>(events).size(), 1U);
  EXPECT_EQ(exits(events), 1U);
  ASSERT_TRUE(source().forget_cgroup(own_cgroup_id()));
  EXPECT_EQ(exits(trace(exec_true)), 0U);
}

TEST_F(BpfProcess, follows_a_process_that_it_was_told_to) {
  start();
  ASSERT_TRUE(source().scope_cgroup(own_cgroup_id(), CgroupScope::Ignored));
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    char byte = 0;
    ::_exit(::read(go[0], &byte, 1) == 1 ? 3 : 1);
  }
  ASSERT_TRUE(source().track_process(static_cast<std::uint32_t>(pid)));
  ASSERT_EQ(::write(go[1], "x", 1), 1);
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  std::vector<ExitEvent> ends;
  for (const ExitEvent& end : all<ExitEvent>(drain())) {
    if (end.origin.tgid == static_cast<std::uint32_t>(pid)) {
      ends.push_back(end);
    }
  }
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].exit_code, 3U << 8U);
}

TEST_F(BpfProcess, reports_one_exit_for_many_threads_and_no_fork) {
  start();
  ASSERT_TRUE(source().scope_cgroup(own_cgroup_id(), CgroupScope::Ignored));
  const auto events = trace([&] {
    if (!open_and_read(at("volume/app.yaml"))) {
      return false;
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([] { ::usleep(1000); });
    }
    for (auto& thread : threads) {
      thread.detach();
    }
    return true;
  });
  EXPECT_EQ(exits(events), 1U);
  EXPECT_TRUE(of<ForkEvent>(events).empty());
}

TEST_F(BpfProcess, tells_the_pid_namespace_of_a_container_from_its_parents) {
  start();
  const auto events = trace([&] {
    if (::unshare(CLONE_NEWPID) != 0) {
      return false;
    }
    if (::fork() == 0) {
      exec_true();
    }
    int status = 0;
    return ::wait(&status) > 0 && status == 0;
  });
  std::vector<ExecEvent> execs;
  for (const ExecEvent& exec : all<ExecEvent>(events)) {
    if (exec.parent == static_cast<std::uint32_t>(child())) {
      execs.push_back(exec);
    }
  }
  ASSERT_EQ(execs.size(), 1U);
  EXPECT_EQ(execs[0].namespace_pid, 1U);
  EXPECT_NE(execs[0].pid_namespace, execs[0].parent_namespace);
}

}  // namespace
}  // namespace reloadtrace::testing
