// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfWatchFailure : public LiveSourceTest {
 protected:
  void start_failures() {
    start();
    ASSERT_TRUE(source().add_file_name("app.yaml"));
    ASSERT_TRUE(source().add_directory_name("volume"));
  }
  std::vector<WatchFailedEvent> failures(const std::function<bool()>& act) {
    return of<WatchFailedEvent>(
        trace([&] { return open_and_read(at("volume/app.yaml")) && act(); }));
  }
};

bool write_text(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY);
  return fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         ::close(fd) == 0;
}

// Limits of its own, so that the machine's stay as they are.
bool limit_watches(int count) {
  return ::unshare(CLONE_NEWUSER) == 0 && write_text("/proc/self/uid_map", "0 0 1") &&
         write_text("/proc/sys/user/max_inotify_watches", std::to_string(count));
}

TEST_F(BpfWatchFailure, tells_that_a_process_got_no_instance) {
  start_failures();
  const auto found = failures([] {
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 && ::inotify_init() == -1 &&
           ::inotify_init1(IN_CLOEXEC) == -1;
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].call, WatchCall::Init);
  EXPECT_EQ(found[0].error, static_cast<std::uint32_t>(EMFILE));
  EXPECT_EQ(found[0].path, "");
  EXPECT_EQ(found[0].uid, 0U);
}

TEST_F(BpfWatchFailure, tells_that_the_watches_ran_out) {
  start_failures();
  const auto found = failures([&] {
    const int fd = ::inotify_init1(0);
    return limit_watches(0) &&
           ::inotify_add_watch(::inotify_init1(0), at("volume").c_str(), IN_MOVED_TO) == -1 &&
           errno == ENOSPC && fd >= 0;
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].call, WatchCall::Add);
  EXPECT_EQ(found[0].error, static_cast<std::uint32_t>(ENOSPC));
  EXPECT_EQ(found[0].path, at("volume"));
  EXPECT_EQ(found[0].mask, static_cast<std::uint32_t>(IN_MOVED_TO));
  EXPECT_EQ(found[0].dfd, AT_FDCWD);
}

TEST_F(BpfWatchFailure, tells_a_watch_on_a_file_that_is_not_there_or_may_not_be_read) {
  start_failures();
  std::filesystem::permissions(at("volume/..one/app.yaml"), std::filesystem::perms::none);
  std::filesystem::permissions(at(""), std::filesystem::perms::all);
  const auto found = failures([&] {
    const int fd = ::inotify_init1(0);
    return ::inotify_add_watch(fd, at("nowhere/app.yaml").c_str(), IN_MODIFY) == -1 &&
           ::inotify_add_watch(fd, at("nowhere/another.yaml").c_str(), IN_MODIFY) == -1 &&
           ::inotify_add_watch(fd, at("volume/app.yaml").c_str(), 0) == -1 &&
           ::setuid(65534) == 0 &&
           ::inotify_add_watch(fd, at("volume/app.yaml").c_str(), IN_MODIFY) == -1;
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].error, static_cast<std::uint32_t>(ENOENT));
  EXPECT_EQ(found[0].path, at("nowhere/app.yaml"));
  EXPECT_EQ(found[1].error, static_cast<std::uint32_t>(EACCES));
  EXPECT_EQ(found[1].uid, 65534U);
}

TEST_F(BpfWatchFailure, tells_that_fanotify_was_refused) {
  start_failures();
  const auto found = failures([&] {
    const int fd = ::fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
    return fd >= 0 &&
           ::fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD,
                           at("nowhere/app.yaml").c_str()) == -1 &&
           ::fanotify_mark(fd, FAN_MARK_REMOVE, FAN_MODIFY, AT_FDCWD,
                           at("nowhere/app.yaml").c_str()) == -1 &&
           ::setuid(65534) == 0 && ::fanotify_init(FAN_CLASS_CONTENT, O_RDONLY) == -1;
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].call, WatchCall::FanotifyMark);
  EXPECT_EQ(found[0].error, static_cast<std::uint32_t>(ENOENT));
  EXPECT_EQ(found[0].path, at("nowhere/app.yaml"));
  EXPECT_EQ(found[0].mask, static_cast<std::uint32_t>(FAN_MODIFY));
  EXPECT_EQ(found[1].call, WatchCall::FanotifyInit);
  EXPECT_EQ(found[1].error, static_cast<std::uint32_t>(EPERM));
}

TEST_F(BpfWatchFailure, says_nothing_of_a_process_out_of_scope) {
  start_failures();
  EXPECT_TRUE(of<WatchFailedEvent>(trace([&] {
                return ::inotify_add_watch(::inotify_init1(0), at("nowhere/app.yaml").c_str(),
                                           IN_MODIFY) == -1;
              })).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
