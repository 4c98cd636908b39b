// SPDX-License-Identifier: Apache-2.0
// What a process is told to be by its executable, its signals and its command line.
#include "userspace/node/program.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "fake_node.h"

namespace reloadtrace::node {

namespace {

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << static_cast<unsigned>(signal - 1);
}

TEST(Program, is_known_by_the_name_of_its_executable) {
  EXPECT_EQ(runtime_named("/usr/lib/jvm/java-17/bin/java", "java"), Runtime::Jvm);
  EXPECT_EQ(runtime_named("/usr/bin/node", "MainThread"), Runtime::Node);
  EXPECT_EQ(runtime_named("/usr/bin/python3.11", "gunicorn"), Runtime::Python);
  EXPECT_EQ(runtime_named("/usr/bin/ruby3.1", "ruby"), Runtime::Ruby);
  EXPECT_EQ(runtime_named("/usr/bin/dash", "sh"), Runtime::Shell);
  EXPECT_EQ(runtime_named("/bin/busybox", "sh"), Runtime::Shell);
  EXPECT_EQ(runtime_named("/bin/busybox", "sleep"), Runtime::Native);
  EXPECT_EQ(runtime_named("/usr/sbin/nginx", "nginx"), Runtime::Native);
  EXPECT_EQ(runtime_named("/usr/bin/python-thing", "x"), Runtime::Native);
  EXPECT_EQ(runtime_named("", ""), Runtime::Native);
}

TEST(Program, has_the_signals_that_its_status_shows) {
  ProgramFact fact;
  parse_signals(
      "Name:\tnginx\nNSpid:\t4711\t1\nSigPnd:\t0000000000000000\nSigBlk:\t0000000000000400\n"
      "SigIgn:\t0000000040001000\nSigCgt:\t0000000198016a07\n",
      fact);
  EXPECT_TRUE(fact.signals_known);
  EXPECT_TRUE(fact.namespace_init);
  EXPECT_EQ(fact.blocked, 0x400U);
  EXPECT_EQ(fact.ignored, 0x40001000U);
  EXPECT_EQ(fact.caught, 0x198016a07U);
}

TEST(Program, has_no_signals_when_its_status_does_not_show_them_all) {
  for (const char* status : {"", "SigBlk:\t0\nSigIgn:\t0\n", "SigBlk:\tx\nSigIgn:\t0\nSigCgt:\t0\n",
                             "NSpid:\t12\t7\nSigCgt:"}) {
    ProgramFact fact;
    parse_signals(status, fact);
    EXPECT_FALSE(fact.signals_known) << status;
    EXPECT_FALSE(fact.namespace_init) << status;
  }
}

TEST(Program, takes_the_request_that_its_command_line_enables) {
  using namespace std::string_literals;
  EXPECT_EQ(reload_request_in("prometheus\0--web.enable-lifecycle\0"s), "POST /-/reload");
  EXPECT_EQ(reload_request_in("prometheus\0--web.enable-lifecycle=true"s), "POST /-/reload");
  EXPECT_EQ(reload_request_in("prometheus\0--web.enable-lifecycle=false\0"s), "");
  EXPECT_EQ(reload_request_in("prometheus\0--web.enable-lifecycles\0"s), "");
  EXPECT_EQ(reload_request_in(""), "");
}

TEST(Program, that_runs_shows_what_it_handles_now) {
  const ProcFs proc("/proc");
  Programs programs(proc);
  const auto self = static_cast<std::uint32_t>(::getpid());
  const ProgramFact before = programs.look_at(self, {1});
  EXPECT_EQ(before.runtime, Runtime::Native);
  EXPECT_TRUE(before.signals_known);
  EXPECT_EQ(before.caught & bit(SIGUSR2), 0U);
  ::signal(SIGUSR2, [](int) {});
  EXPECT_NE(programs.look_at(self, {2}).caught & bit(SIGUSR2), 0U);
  ::signal(SIGUSR2, SIG_IGN);
  EXPECT_NE(programs.look_at(self, {3}).ignored & bit(SIGUSR2), 0U);
  ::signal(SIGUSR2, SIG_DFL);
}

TEST(Program, of_a_process_that_is_gone_is_unknown) {
  const ProcFs proc("/proc");
  Programs programs(proc);
  const ProgramFact fact = programs.look_at(0x7FFFFFFF, {1});
  EXPECT_EQ(fact.runtime, Runtime::Unknown);
  EXPECT_FALSE(fact.signals_known);
}

// In the tree on paper no executable lies on a mount that its process' table shows.
TEST(Program, is_not_read_where_nobody_knows_what_serves_it) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  int shells = 0;
  const auto programs = node.all<ProgramFact>();
  ASSERT_FALSE(programs.empty());
  for (const ProgramFact& program : programs) {
    EXPECT_TRUE(program.runtime == Runtime::Unknown || program.runtime == Runtime::Shell);
    shells += program.runtime == Runtime::Shell ? 1 : 0;
  }
  EXPECT_GT(shells, 0);
}

}  // namespace

}  // namespace reloadtrace::node
