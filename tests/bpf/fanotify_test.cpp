// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

constexpr std::uint64_t kSwap = FAN_MOVED_TO | FAN_CREATE | FAN_ONDIR;

class BpfFanotify : public LiveSourceTest {
 protected:
  void SetUp() override {
    LiveSourceTest::SetUp();
    const int fd = create();
    if (fd < 0) {
      GTEST_SKIP() << "this kernel has no fanotify with names";
    }
    ::close(fd);
  }
  static int create() {
    return ::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC, O_RDONLY);
  }
  static bool mark(int fd, unsigned flags, std::uint64_t mask, const std::string& path) {
    return ::fanotify_mark(fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path.c_str()) == 0;
  }
  bool swap() const {
    return ::symlink("..one", at("volume/..data_tmp").c_str()) == 0 &&
           ::rename(at("volume/..data_tmp").c_str(), at("volume/..data").c_str()) == 0;
  }
};

bool read_queue(int fd) {
  char buffer[4096];
  return ::read(fd, buffer, sizeof buffer) > 0;
}

TEST_F(BpfFanotify, names_the_inode_that_a_mark_is_on) {
  start();
  const auto marks = of<FanotifyMarkEvent>(trace([&] {
    const int fd = create();
    return mark(fd, 0, kSwap, at("volume")) && mark(fd, 0, FAN_MODIFY, at("volume/app.yaml")) &&
           mark(fd, FAN_MARK_ONLYDIR, FAN_DELETE_SELF, at("volume/..data"));
  }));
  ASSERT_EQ(marks.size(), 3U);
  EXPECT_EQ(marks[0].target.inode(), volume());
  EXPECT_EQ(marks[0].path, "");
  EXPECT_EQ(marks[0].mask, kSwap);
  EXPECT_EQ(marks[1].target.inode(), inode_of(at("volume/..one/app.yaml")));
  EXPECT_EQ(marks[1].path, "..one/app.yaml");
  EXPECT_EQ(marks[1].fd, marks[0].fd);
  EXPECT_EQ(marks[2].path, "..one");
  EXPECT_EQ(marks[2].flags, static_cast<unsigned>(FAN_MARK_ADD | FAN_MARK_ONLYDIR));
}

TEST_F(BpfFanotify, reports_what_an_application_took_from_its_queue_with_names) {
  start();
  const auto taken = of<FanotifyEvent>(trace([&] {
    const int fd = create();
    return mark(fd, 0, kSwap, at("volume")) && swap() && read_queue(fd);
  }));
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].name, "..data_tmp");
  EXPECT_EQ(taken[0].mask & kSwap, static_cast<std::uint64_t>(FAN_CREATE));
  EXPECT_EQ(taken[1].name, "..data");
  EXPECT_EQ(taken[1].mask & kSwap, static_cast<std::uint64_t>(FAN_MOVED_TO));
}

TEST_F(BpfFanotify, reports_events_without_names_where_the_application_asked_for_none) {
  start();
  const auto taken = of<FanotifyEvent>(trace([&] {
    const int fd = ::fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
    return mark(fd, 0, FAN_OPEN | FAN_CLOSE_NOWRITE, at("volume/app.yaml")) &&
           open_and_read(at("volume/app.yaml")) && read_queue(fd);
  }));
  ASSERT_FALSE(taken.empty());
  EXPECT_NE(taken[0].mask & FAN_OPEN, 0U);
  EXPECT_EQ(taken[0].name, "");
}

TEST_F(BpfFanotify, knows_a_mark_on_the_mount_of_a_volume) {
  start();
  std::filesystem::create_directories(at("mounted"));
  const auto events = trace([&] {
    const int fd = ::fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount(at("volume").c_str(), at("mounted").c_str(), nullptr, MS_BIND, nullptr) == 0 &&
           mark(fd, FAN_MARK_MOUNT, FAN_OPEN, at("mounted/app.yaml")) &&
           open_and_read(at("mounted/app.yaml")) && read_queue(fd);
  });
  const auto marks = of<FanotifyMarkEvent>(events);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0].target.inode(), volume());
  EXPECT_EQ(marks[0].flags, static_cast<unsigned>(FAN_MARK_ADD | FAN_MARK_MOUNT));
  EXPECT_FALSE(of<FanotifyEvent>(events).empty());
}

TEST_F(BpfFanotify, knows_a_mark_on_the_file_system_that_a_volume_is_alone) {
  start();
  std::filesystem::create_directories(at("secret"));
  ASSERT_EQ(::mount("tmpfs", at("secret").c_str(), "tmpfs", 0, nullptr), 0);
  const InodeId secret = inode_of(at("secret"));
  EXPECT_TRUE(source().track_volume(secret));
  const auto marks = of<FanotifyMarkEvent>(trace([&] {
    return mark(::fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), FAN_MARK_FILESYSTEM, FAN_OPEN,
                at("secret"));
  }));
  ::umount(at("secret").c_str());
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0].target.inode(), secret);
}

TEST_F(BpfFanotify, says_nothing_of_marks_elsewhere_of_ignored_masks_and_of_failures) {
  start();
  const auto events = trace([&] {
    const int fd = create();
    return mark(fd, 0, FAN_MODIFY, at("other")) &&
           mark(fd, FAN_MARK_IGNORED_MASK, FAN_MODIFY, at("volume")) &&
           !mark(fd, 0, FAN_MODIFY, at("volume/none")) && swap() &&
           ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && !read_queue(fd);
  });
  EXPECT_TRUE(of<FanotifyMarkEvent>(events).empty());
  EXPECT_TRUE(of<FanotifyEvent>(events).empty());
}

TEST_F(BpfFanotify, reports_the_queue_of_an_instance_that_existed_before_the_tracer_came) {
  const int fd = create();
  ASSERT_TRUE(mark(fd, 0, FAN_MODIFY, at("volume")) && mark(fd, 0, kSwap, at("volume")) &&
              mark(fd, 0, FAN_MODIFY, at("other")));
  start();
  ASSERT_TRUE(source().adopt_watchers());
  ASSERT_TRUE(source().adopt_watchers());  // and is not forgotten by the next walk
  ASSERT_TRUE(swap());
  const auto taken = of<FanotifyEvent>(trace([&] { return read_queue(fd); }));
  ::close(fd);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[1].name, "..data");
}

TEST_F(BpfFanotify, cuts_a_long_batch_and_counts_that) {
  start();
  const auto events = trace([&] {
    char buffer[65536];
    const int fd = create();
    bool well = mark(fd, 0, FAN_CREATE, at("volume"));
    for (int i = 0; i < 100; ++i) {
      well = well && ::symlink("x", at("volume/l" + std::to_string(i)).c_str()) == 0;
    }
    return well && ::read(fd, buffer, sizeof buffer) > 0;
  });
  EXPECT_EQ(of<FanotifyEvent>(events).size(), 64U);
  const auto losses = all<LossFact>(events);
  ASSERT_FALSE(losses.empty());
  EXPECT_EQ(losses[0].lost[0].cause, LossCause::Truncated);
}

// The kernel gives the memory of an instance that was closed to the next one, of either kind. What
// that one's queue says must not be read as if it were the other's.
TEST_F(BpfFanotify, takes_no_inotify_queue_for_one_of_fanotify_that_was_there_before_it) {
  start();
  const auto events = trace([&] {
    for (int turn = 0; turn < 50; ++turn) {
      const int before = create();
      if (!mark(before, 0, kSwap, at("volume")) || ::close(before) != 0) {
        return false;
      }
      if (!read_a_queue_beside()) {
        return false;
      }
    }
    return true;
  });
  EXPECT_TRUE(all<LossFact>(events).empty());
  EXPECT_TRUE(of<FanotifyEvent>(events).empty());
}

TEST_F(BpfFanotify, leaves_its_queue_to_itself_where_inotify_was_there_before_it) {
  start();
  const auto events = trace([&] {
    for (int turn = 0; turn < 50; ++turn) {
      if (!watch_and_close()) {
        return false;
      }
      const int queue = create();
      if (!mark(queue, 0, FAN_ACCESS | FAN_EVENT_ON_CHILD, at("other")) ||
          !open_and_read(at("other/app.yaml")) || !read_queue(queue) || ::close(queue) != 0) {
        return false;
      }
    }
    return true;
  });
  EXPECT_TRUE(all<LossFact>(events).empty());
  EXPECT_TRUE(of<NotifyEvent>(events).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
