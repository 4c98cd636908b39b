// SPDX-License-Identifier: Apache-2.0
// What a node learns of new volumes and containers by, before and while it tracks any.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/bpf/live_source.h"
#include "userspace/base/cgroup_hierarchy.h"

namespace reloadtrace::testing {
namespace {

// One in the hierarchy that ids are of; goes with the object.
class Cgroup {
 public:
  explicit Cgroup(const std::string& name) : path_(mount() + "/" + name) {}
  ~Cgroup() { ::rmdir(path_.c_str()); }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  static std::string mount() {
    std::ifstream file("/proc/self/cgroup");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto hierarchy = choose_cgroup_hierarchy(text);
    return hierarchy.is_v2() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + hierarchy.controller;
  }

  bool create() const { return ::mkdir(path_.c_str(), 0755) == 0; }
  bool remove() const { return ::rmdir(path_.c_str()) == 0; }
  std::uint64_t id() const { return inode_of(path_).ino; }

 private:
  std::string path_;
};

class BpfAnnounce : public LiveSourceTest {
 protected:
  // A source that tracks nothing.
  void start_idle() {
    start();
    ASSERT_TRUE(source().forget_volume(volume()));
  }

  // `act` in a child that has the node's mount namespace or, `elsewhere`, one of its own.
  std::vector<MountEvent> mounts(const std::function<bool()>& act, bool elsewhere = false) {
    return of<MountEvent>(
        trace([&] { return (!elsewhere || ::unshare(CLONE_NEWNS) == 0) && act(); }));
  }

  bool mount_and_unmount() const {
    const std::string point = at("other");
    return ::mount("none", point.c_str(), "tmpfs", 0, "size=4k") == 0 &&
           ::umount2(point.c_str(), 0) == 0;
  }

  // As kubelet's AtomicWriter begins.
  bool publish_first() const {
    return ::symlink("..one", at("other/..data_tmp").c_str()) == 0 &&
           ::rename(at("other/..data_tmp").c_str(), at("other/..data").c_str()) == 0;
  }

  std::string name_ = "reloadtrace-test-" + std::to_string(::getpid());
};

TEST_F(BpfAnnounce, reports_a_cgroup_by_its_path_and_the_id_that_its_tasks_will_carry) {
  start();
  const Cgroup outer(name_);
  const Cgroup inner(name_ + "/inner");
  std::uint64_t ids[2] = {};
  const auto events = trace([&] { return outer.create() && inner.create(); });
  ids[0] = outer.id();
  ids[1] = inner.id();
  const auto created = of<CgroupCreatedEvent>(events);
  ASSERT_EQ(created.size(), 2U);
  EXPECT_EQ(created[0].path, "/" + name_);
  EXPECT_EQ(created[0].cgroup, ids[0]);
  EXPECT_EQ(created[1].path, "/" + name_ + "/inner");
  EXPECT_EQ(created[1].cgroup, ids[1]);
  const auto removed =
      of<CgroupRemovedEvent>(trace([&] { return inner.remove() && outer.remove(); }));
  ASSERT_EQ(removed.size(), 2U);
  EXPECT_EQ(removed[0].cgroup, ids[1]);
  EXPECT_EQ(removed[1].cgroup, ids[0]);
}

TEST_F(BpfAnnounce, counts_a_cgroups_path_that_was_cut) {
  start();
  std::vector<std::string> names{name_};
  while (names.size() < 4) {
    names.push_back(names.back() + "/" + std::string(200, 'd'));
  }
  std::vector<std::unique_ptr<Cgroup>> cgroups;
  std::ranges::transform(names, std::back_inserter(cgroups),
                         [](const std::string& name) { return std::make_unique<Cgroup>(name); });
  const auto events = trace([&] {
    return std::ranges::all_of(cgroups, [](const auto& cgroup) { return cgroup->create(); });
  });
  while (!cgroups.empty()) {
    cgroups.pop_back();  // the innermost first
  }
  const auto created = of<CgroupCreatedEvent>(events);
  ASSERT_EQ(created.size(), 4U);
  EXPECT_EQ(created[2].path, "/" + names[2]);
  EXPECT_EQ(created[3].path, ("/" + names[3]).substr(0, 511));
  const auto losses = all<LossFact>(events);
  ASSERT_EQ(losses.size(), 1U);
  ASSERT_EQ(losses[0].lost.size(), 1U);
  EXPECT_EQ(losses[0].lost[0].cause, LossCause::Truncated);
  EXPECT_EQ(losses[0].lost[0].count, 1U);
}

TEST_F(BpfAnnounce, says_nothing_of_cgroups_of_other_hierarchies) {
  const std::string other = "/sys/fs/cgroup/memory";
  if (Cgroup::mount() == "/sys/fs/cgroup" || !std::filesystem::exists(other)) {
    GTEST_SKIP() << "this machine has but one hierarchy";
  }
  start();
  const std::string path = other + "/" + name_;
  const auto events =
      trace([&] { return ::mkdir(path.c_str(), 0755) == 0 && ::rmdir(path.c_str()) == 0; });
  EXPECT_TRUE(of<CgroupCreatedEvent>(events).empty());
  EXPECT_TRUE(of<CgroupRemovedEvent>(events).empty());
}

TEST_F(BpfAnnounce, makes_room_for_a_new_cgroup_where_one_was_removed) {
  start();
  const Cgroup cgroup(name_);
  ASSERT_TRUE(cgroup.create());
  ASSERT_TRUE(source().scope_cgroup(cgroup.id(), CgroupScope::Ignored));
  std::uint64_t invented = 1ULL << 60U;
  while (source().scope_cgroup(invented, CgroupScope::Ignored)) {
    ++invented;
  }
  ASSERT_FALSE(source().scope_cgroup(invented, CgroupScope::Ignored));
  trace([&] { return cgroup.remove(); });
  EXPECT_TRUE(source().scope_cgroup(invented, CgroupScope::Ignored));
}

TEST_F(BpfAnnounce, reports_what_is_mounted_and_unmounted) {
  start();
  const auto seen = mounts([&] { return mount_and_unmount(); });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].path, at("other"));
  EXPECT_FALSE(seen[0].unmounted);
  EXPECT_EQ(seen[1].path, at("other"));
  EXPECT_TRUE(seen[1].unmounted);
}

TEST_F(BpfAnnounce, reports_a_mount_that_was_moved_to_its_place) {
  start();
  const auto seen = mounts([&] {
    const auto tree = static_cast<int>(
        ::syscall(SYS_open_tree, AT_FDCWD, at("volume").c_str(), 1 /* OPEN_TREE_CLONE */));
    return tree >= 0 &&
           ::syscall(SYS_move_mount, tree, "", AT_FDCWD, at("other").c_str(),
                     4 /* MOVE_MOUNT_F_EMPTY_PATH */) == 0 &&
           ::umount2(at("other").c_str(), MNT_DETACH) == 0;
  });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].path, at("other"));
  EXPECT_FALSE(seen[0].unmounted);
  EXPECT_TRUE(seen[1].unmounted);
}

TEST_F(BpfAnnounce, says_nothing_of_a_mount_that_failed_or_is_in_another_namespace) {
  start();
  EXPECT_TRUE(mounts([&] {
                return ::mount("none", at("absent").c_str(), "tmpfs", 0, nullptr) != 0 &&
                       ::umount2(at("other").c_str(), 0) != 0;
              }).empty());
  EXPECT_TRUE(mounts([&] { return mount_and_unmount(); }, /*elsewhere=*/true).empty());
}

TEST_F(BpfAnnounce, is_silent_while_nothing_is_tracked_and_nobody_asked) {
  start_idle();
  const Cgroup cgroup(name_);
  const auto events = trace(
      [&] { return publish_first() && mount_and_unmount() && cgroup.create() && cgroup.remove(); });
  EXPECT_TRUE(of<SymlinkEvent>(events).empty());
  EXPECT_TRUE(of<RenameEvent>(events).empty());
  EXPECT_TRUE(of<MountEvent>(events).empty());
  EXPECT_TRUE(of<CgroupCreatedEvent>(events).empty());
  EXPECT_TRUE(of<CgroupRemovedEvent>(events).empty());
}

TEST_F(BpfAnnounce, reports_first_publishes_mounts_and_cgroups_once_it_was_asked_to) {
  start_idle();
  ASSERT_TRUE(source().announce_volumes());
  const Cgroup cgroup(name_);
  const auto events = trace([&] {
    return publish_first() && mount_and_unmount() && cgroup.create() && cgroup.remove() &&
           open_and_read(at("volume/app.yaml")) &&
           ::rename(at("volume/..one").c_str(), at("volume/one").c_str()) == 0;
  });
  ASSERT_EQ(of<SymlinkEvent>(events).size(), 1U);
  EXPECT_EQ(of<SymlinkEvent>(events)[0].link_path, at("other/..data_tmp"));
  ASSERT_EQ(of<RenameEvent>(events).size(), 1U);
  EXPECT_EQ(of<RenameEvent>(events)[0].new_path, at("other/..data"));
  EXPECT_EQ(of<MountEvent>(events).size(), 2U);
  EXPECT_EQ(of<CgroupCreatedEvent>(events).size(), 1U);
  EXPECT_EQ(of<CgroupRemovedEvent>(events).size(), 1U);
  EXPECT_TRUE(of<OpenEvent>(events).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
