// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/load_log.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

TEST(LoadLog, finds_the_refused_program_and_the_reason) {
  LoadLog log;
  log.add("libbpf: prog 'on_exit': BPF program load failed: Invalid argument\n");
  log.add("libbpf: prog 'on_exit': -- BEGIN PROG LOAD LOG --\n...\n-- END PROG LOAD LOG --\n");
  log.add("libbpf: prog 'on_exit': failed to load: -22\n");
  log.add("libbpf: failed to load object 'reloadtrace_bpf'\n");
  EXPECT_EQ(log.failed_program(), "on_exit");
  EXPECT_EQ(log.reason(), "libbpf: prog 'on_exit': BPF program load failed: Invalid argument");
}

TEST(LoadLog, finds_a_program_whose_attach_point_does_not_exist) {
  LoadLog log;
  log.add(
      "libbpf: prog 'on_fork': failed to find kernel BTF type ID of 'sched_process_fork': -3\n");
  EXPECT_EQ(log.failed_program(), "on_fork");
}

TEST(LoadLog, names_no_program_when_none_was_at_fault) {
  LoadLog log;
  EXPECT_EQ(log.reason(), "no reason given");
  EXPECT_EQ(log.failed_program(), "");
  log.add("libbpf: map 'facts': failed to create: Operation not permitted(-1)");
  EXPECT_EQ(log.failed_program(), "");
  log.add("': failed to load prog '");
  EXPECT_EQ(log.failed_program(), "");
  log.clear();
  EXPECT_EQ(log.reason(), "no reason given");
}

}  // namespace
}  // namespace reloadtrace
