// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "tests/bpf/live_source.h"
#include "tests/bpf/ring.h"
#include "userspace/source/hook_table.h"

namespace reloadtrace::testing {
namespace {

class BpfSelfTest : public LiveSourceTest {};

std::set<std::string> hooks_with(const BpfSource& source, HookProof proof) {
  std::set<std::string> names;
  for (const Hook& hook : kHooks) {
    if (source.proof_of(hook.id) == proof) {
      names.emplace(hook.name);
    }
  }
  return names;
}

std::set<std::string> not_tried_here() {
  std::set<std::string> names{"exec", "adopt", "mount", "cgroup"};
  if (!Ring::open()) {
    names.insert({"io_uring", "io_uring_failed"});
  }
  return names;
}

// Directories that a self-test has made; others may come and go beside them.
std::set<std::string> left_in(const std::string& directory) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("reloadtrace.")) {
      names.insert(name);
    }
  }
  return names;
}

// In this process alone.
bool give_up_capability(unsigned which) {
  __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[2]{};
  if (::syscall(SYS_capget, &head, sets) != 0) {
    return false;
  }
  sets[which / 32].effective &= ~(1U << which % 32);
  return ::syscall(SYS_capset, &head, sets) == 0;
}

TEST_F(BpfSelfTest, sees_every_hook_deliver_that_it_can_try_without_harm) {
  start();
  EXPECT_EQ(hooks_with(source(), HookProof::NotTried), not_tried_here());
  EXPECT_EQ(hooks_with(source(), HookProof::Silent), std::set<std::string>{});
}

TEST_F(BpfSelfTest, calls_each_hook_missing_that_attaches_and_delivers_nothing) {
  for (const Hook& hook : kHooks) {
    if (not_tried_here().contains(std::string(hook.name))) {
      continue;
    }
    SCOPED_TRACE(hook.name);
    BpfOptions options;
    options.muted_hooks = {std::string(hook.name)};
    const auto opened = BpfSource::open(options);
    if (hook.required) {
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().message, "the hook " + std::string(hook.name) +
                                            " attaches here and delivers nothing; without it "
                                            "nothing can be said");
      continue;
    }
    ASSERT_TRUE(opened) << opened.error().message;
    std::set<std::string> silent{std::string(hook.name)};
    if (hook.id == HookId::IoUring) {
      silent.emplace("io_uring_failed");  // told at the completion, by the other hook's program
    }
    EXPECT_EQ(hooks_with(**opened, HookProof::Silent), silent);
    for (const HookStatus& status : (*opened)->hooks()) {
      EXPECT_EQ(status.state == HookState::Missing, silent.contains(status.name)) << status.name;
    }
  }
}

TEST_F(BpfSelfTest, says_of_a_hook_that_was_left_out_only_that_it_is_missing) {
  BpfOptions options;
  options.without_hooks = {"poll"};
  start(options);
  EXPECT_EQ(source().proof_of(HookId::Poll), HookProof::NotTried);
}

TEST_F(BpfSelfTest, is_not_reported_and_leaves_nothing_to_be_looked_for) {
  start();
  for (const Event& event : drain()) {
    const Origin* origin = origin_of(event);
    EXPECT_TRUE(origin == nullptr || origin->comm != "bpf_tests");
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  // The file's name was told to the kernel side: looks at it count no more.
  const auto events = trace([&] {
    return open_and_read(at("volume/app.yaml")) && ::access("reloadtrace-self-test", F_OK) != 0;
  });
  EXPECT_EQ(of<OpenEvent>(events).size(), 1U);
  EXPECT_TRUE(of<PollEvent>(events).empty());
}

TEST_F(BpfSelfTest, works_without_the_right_to_mount_and_removes_its_directory) {
  if (!std::filesystem::exists("/dev/shm")) {
    GTEST_SKIP() << "there is no /dev/shm";
  }
  const auto before = left_in("/dev/shm");
  auto expected = not_tried_here();
  expected.insert("fanotify");  // takes that right as well
  const pid_t child = ::fork();
  if (child == 0) {
    if (!give_up_capability(CAP_SYS_ADMIN)) {
      ::_exit(2);
    }
    const auto opened = BpfSource::open({});
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      ::_exit(3);
    }
    EXPECT_EQ(hooks_with(**opened, HookProof::NotTried), expected);
    EXPECT_EQ(hooks_with(**opened, HookProof::Silent), std::set<std::string>{});
    ::_exit(HasFailure() ? 4 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(left_in("/dev/shm"), before);
}

}  // namespace
}  // namespace reloadtrace::testing
