// SPDX-License-Identifier: Apache-2.0
// The real /proc, looking at this very process: no privileges needed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ctime>
#include <string>

#include "fake_node.h"
#include "userspace/base/unique_fd.h"
#include "userspace/node/proc_fs.h"

namespace reloadtrace {

namespace {

class LiveProcess : public testing::Test {
 protected:
  // On a real /proc; the volume is the copied one.
  void inspect_self() {
    const std::uint32_t tgids[] = {static_cast<std::uint32_t>(::getpid())};
    node.node->inspect(tgids, {1}, [&](const Event& fact) { node.facts.push_back(fact); });
  }

  TemporaryDirectory directory;
  FakeNode node{{(write_file(directory.path() + "/app.yaml", "live\n"), directory.path())}, true};
};

TEST_F(LiveProcess, shows_its_own_watch_descriptor_and_mapping) {
  ASSERT_TRUE(node.discover_volumes());
  const std::string file = directory.path() + "/app.yaml";
  const UniqueFd inotify(::inotify_init1(IN_CLOEXEC));
  const int wd = ::inotify_add_watch(inotify.get(), directory.path().c_str(), IN_MOVED_TO);
  const UniqueFd held(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  void* const mapping = ::mmap(nullptr, 5, PROT_READ, MAP_SHARED, held.get(), 0);
  ASSERT_NE(mapping, MAP_FAILED);

  inspect_self();
  const auto watches = node.all<WatchFact>();
  ASSERT_EQ(watches.size(), 1U);
  EXPECT_EQ(watches[0].fd, inotify.get());
  EXPECT_EQ(watches[0].wd, wd);
  EXPECT_EQ(watches[0].kind, TargetKind::Root);
  EXPECT_NE(watches[0].mask & static_cast<std::uint32_t>(IN_MOVED_TO), 0U);
  auto facts = node.all<HeldFact>();
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].fd, held.get());
  EXPECT_EQ(facts[0].path, "app.yaml");
  EXPECT_FALSE(facts[0].unlinked);
  EXPECT_EQ(facts[1].fd, -1);
  EXPECT_EQ(facts[1].inode, facts[0].inode);

  ASSERT_EQ(::unlink(file.c_str()), 0);
  node.facts.clear();
  inspect_self();
  facts = node.all<HeldFact>();
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_TRUE(facts[0].unlinked);
  EXPECT_TRUE(facts[1].unlinked);
  ::munmap(mapping, 5);
}

TEST_F(LiveProcess, started_when_the_monotonic_clock_says) {
  const node::ProcFs proc("/proc");
  const auto process = node::read_process(proc, static_cast<std::uint32_t>(::getpid()),
                                          node::CgroupHierarchy::Unified);
  ASSERT_TRUE(process);
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto now_ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
                      static_cast<std::uint64_t>(now.tv_nsec);
  EXPECT_LE(process->started.ns, now_ns);
  EXPECT_LT(now_ns - process->started.ns, 600'000'000'000U);
  EXPECT_EQ(process->parent, static_cast<std::uint32_t>(::getppid()));
}

TEST_F(LiveProcess, is_found_as_a_reader_outside_containers) {
  const UniqueFd held(::open((directory.path() + "/app.yaml").c_str(), O_RDONLY | O_CLOEXEC));
  node.discover();
  EXPECT_NE(node.process(static_cast<std::uint32_t>(::getpid())), nullptr);
}

}  // namespace

}  // namespace reloadtrace
