// SPDX-License-Identifier: Apache-2.0
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfWatch : public LiveSourceTest {};

bool read_queue(int fd) {
  char buffer[4096];
  return ::read(fd, buffer, sizeof buffer) > 0;
}

TEST_F(BpfWatch, names_the_inode_that_a_watch_is_on) {
  start();
  const auto watches = of<WatchAddEvent>(trace([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("volume").c_str(), IN_MOVED_TO) == 1 &&
           ::inotify_add_watch(fd, at("volume/app.yaml").c_str(), IN_MODIFY) == 2 &&
           ::inotify_add_watch(fd, at("volume/..data").c_str(), IN_DELETE_SELF) == 3;
  }));
  ASSERT_EQ(watches.size(), 3U);
  EXPECT_EQ(watches[0].target.inode(), volume());
  EXPECT_EQ(watches[0].path, "");
  EXPECT_EQ(watches[0].mask, static_cast<std::uint32_t>(IN_MOVED_TO));
  EXPECT_EQ(watches[1].target.inode(), inode_of(at("volume/..one/app.yaml")));
  EXPECT_EQ(watches[1].path, "..one/app.yaml");
  EXPECT_EQ(watches[1].wd, 2);
  EXPECT_EQ(watches[2].target.inode(), inode_of(at("volume/..one")));
  EXPECT_EQ(watches[2].path, "..one");
}

TEST_F(BpfWatch, tells_a_watch_on_the_link_itself) {
  start();
  const auto watches = of<WatchAddEvent>(trace([&] {
    return ::inotify_add_watch(::inotify_init1(0), at("volume/..data").c_str(),
                               IN_DONT_FOLLOW | IN_ALL_EVENTS) > 0;
  }));
  ASSERT_EQ(watches.size(), 1U);
  EXPECT_EQ(watches[0].target.mode & S_IFMT, static_cast<unsigned>(S_IFLNK));
  EXPECT_EQ(watches[0].path, "..data");
}

TEST_F(BpfWatch, names_the_inode_of_a_watch_that_was_changed_among_many) {
  start();
  for (int i = 0; i < 200; ++i) {
    write_file(at("other/f" + std::to_string(i)), "");
  }
  const auto watches = of<WatchAddEvent>(trace([&] {
    const int fd = ::inotify_init1(0);
    bool well = ::inotify_add_watch(fd, at("volume").c_str(), IN_MOVED_TO) == 1;
    for (int i = 0; i < 200; ++i) {
      well =
          well && ::inotify_add_watch(fd, at("other/f" + std::to_string(i)).c_str(), IN_MODIFY) > 0;
    }
    return well && ::inotify_add_watch(fd, at("volume").c_str(), IN_CREATE) == 1;
  }));
  ASSERT_EQ(watches.size(), 2U);
  EXPECT_EQ(watches[1].target.inode(), volume());
  EXPECT_EQ(watches[1].mask, static_cast<std::uint32_t>(IN_CREATE));
}

TEST_F(BpfWatch, reports_what_an_application_took_from_its_queue) {
  start();
  const auto notices = of<NotifyEvent>(trace([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("volume").c_str(), IN_ALL_EVENTS) == 1 &&
           ::symlink("..one", at("volume/..data_tmp").c_str()) == 0 &&
           ::rename(at("volume/..data_tmp").c_str(), at("volume/..data").c_str()) == 0 &&
           read_queue(fd);
  }));
  ASSERT_EQ(notices.size(), 3U);
  EXPECT_EQ(notices[0].mask, static_cast<std::uint32_t>(IN_CREATE));
  EXPECT_EQ(notices[0].name, "..data_tmp");
  EXPECT_EQ(notices[2].mask, static_cast<std::uint32_t>(IN_MOVED_TO));
  EXPECT_EQ(notices[2].name, "..data");
  EXPECT_EQ(notices[2].wd, 1);
}

TEST_F(BpfWatch, reports_that_a_watch_was_lost_with_its_file) {
  start();
  const auto notices = of<NotifyEvent>(trace([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("volume/app.yaml").c_str(), IN_MODIFY) == 1 &&
           ::unlink(at("volume/..one/app.yaml").c_str()) == 0 && read_queue(fd);
  }));
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].mask, static_cast<std::uint32_t>(IN_IGNORED));
}

TEST_F(BpfWatch, reports_that_a_watch_was_removed) {
  start();
  const auto removed = of<WatchRemoveEvent>(trace([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("volume").c_str(), IN_MOVED_TO) == 1 &&
           ::inotify_rm_watch(fd, 1) == 0;
  }));
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].wd, 1);
}

TEST_F(BpfWatch, says_nothing_of_an_instance_that_watches_elsewhere) {
  start();
  const auto events = trace([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("other").c_str(), IN_ALL_EVENTS) == 1 &&
           open_and_read(at("other/app.yaml")) && read_queue(fd);
  });
  EXPECT_TRUE(of<WatchAddEvent>(events).empty());
  EXPECT_TRUE(of<NotifyEvent>(events).empty());
}

TEST_F(BpfWatch, reports_the_queue_of_an_instance_that_watched_before_the_tracer_came) {
  const int fd = ::inotify_init1(IN_CLOEXEC);
  ASSERT_EQ(::inotify_add_watch(fd, at("volume").c_str(), IN_CREATE), 1);
  start();
  ASSERT_TRUE(source().adopt_watchers());
  write_file(at("volume/new"), "x");
  const auto notices = of<NotifyEvent>(trace([&] { return read_queue(fd); }));
  ::close(fd);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].name, "new");
}

TEST_F(BpfWatch, reports_the_queue_of_one_that_had_more_watches_than_can_be_looked_at) {
  const int fd = ::inotify_init1(IN_CLOEXEC);
  ASSERT_EQ(::inotify_add_watch(fd, at("volume").c_str(), IN_CREATE), 1);
  for (int i = 0; i < 2100; ++i) {
    const std::string elsewhere = at("elsewhere" + std::to_string(i));
    write_file(elsewhere, "");
    ASSERT_GT(::inotify_add_watch(fd, elsewhere.c_str(), IN_MODIFY), 1);
  }
  start();
  ASSERT_TRUE(source().adopt_watchers());
  write_file(at("volume/new"), "x");
  const auto events = trace([&] { return read_queue(fd); });
  ::close(fd);
  EXPECT_EQ(all<LossFact>(events).size(), 0U);
  ASSERT_EQ(of<NotifyEvent>(events).size(), 1U);
  EXPECT_EQ(of<NotifyEvent>(events)[0].name, "new");
}

TEST_F(BpfWatch, cuts_a_long_batch_of_notices_and_counts_that) {
  start();
  const auto events = trace([&] {
    char buffer[65536];
    const int fd = ::inotify_init1(0);
    bool well = ::inotify_add_watch(fd, at("volume").c_str(), IN_CREATE) == 1;
    for (int i = 0; i < 100; ++i) {
      well = well && ::symlink("x", at("volume/l" + std::to_string(i)).c_str()) == 0;
    }
    return well && ::read(fd, buffer, sizeof buffer) > 0;
  });
  EXPECT_EQ(of<NotifyEvent>(events).size(), 64U);
  const auto losses = all<LossFact>(events);
  ASSERT_FALSE(losses.empty());
  EXPECT_EQ(losses[0].lost[0].cause, LossCause::Truncated);
}

TEST_F(BpfWatch, reports_what_was_taken_from_the_queue_in_pieces) {
  start();
  const auto notices = of<NotifyEvent>(trace([&] {
    char first[32];  // of one notice with a short name
    char second[4096];
    const iovec pieces[] = {{first, sizeof first}, {second, sizeof second}};
    const int fd = ::inotify_init1(IN_NONBLOCK);
    return ::inotify_add_watch(fd, at("volume").c_str(), IN_CREATE) == 1 &&
           ::symlink("x", at("volume/a").c_str()) == 0 &&
           ::symlink("x", at("volume/b").c_str()) == 0 &&
           ::symlink("x", at("volume/c").c_str()) == 0 && ::readv(fd, pieces, 2) == 96;
  }));
  ASSERT_EQ(notices.size(), 3U);
  EXPECT_EQ(notices[0].name, "a");
  EXPECT_EQ(notices[1].name, "b");
  EXPECT_EQ(notices[2].name, "c");
}

TEST_F(BpfWatch, tells_all_that_a_watch_is_for_when_some_was_added) {
  start();
  const auto watches = of<WatchAddEvent>(trace([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("volume").c_str(), IN_MOVED_TO) == 1 &&
           ::inotify_add_watch(fd, at("volume").c_str(), IN_CREATE | IN_MASK_ADD) == 1;
  }));
  ASSERT_EQ(watches.size(), 2U);
  EXPECT_EQ(watches[1].mask & IN_ALL_EVENTS, static_cast<std::uint32_t>(IN_CREATE | IN_MOVED_TO));
}

TEST_F(BpfWatch, takes_no_new_queue_for_one_that_is_gone) {
  start();
  const auto events = trace([&] {
    for (int turn = 0; turn < 50; ++turn) {
      if (!watch_and_close() || !read_a_queue_beside()) {
        return false;
      }
    }
    return true;
  });
  EXPECT_EQ(of<WatchAddEvent>(events).size(), 50U);
  EXPECT_TRUE(of<NotifyEvent>(events).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
