// SPDX-License-Identifier: Apache-2.0
// Readers that wait for notifications in a call which began before the programs were there.
#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "tests/bpf/live_source.h"
#include "tests/support/patience.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;
using Taken = std::span<const char>;

std::size_t count_inotify(Taken taken) {
  std::size_t count = 0;
  for (; !taken.empty(); ++count) {
    inotify_event head{};
    std::memcpy(&head, taken.data(), sizeof head);
    taken = taken.subspan(sizeof head + head.len);
  }
  return count;
}

std::size_t count_fanotify(Taken taken) {
  std::size_t count = 0;
  for (; !taken.empty(); ++count) {
    fanotify_event_metadata head{};
    std::memcpy(&head, taken.data(), sizeof head);
    taken = taken.subspan(head.event_len);
  }
  return count;
}

ssize_t by_read(int fd, char* to, std::size_t size) {
  return ::read(fd, to, size);
}

ssize_t by_readv(int fd, char* to, std::size_t size) {
  const iovec piece{to, size};
  return ::readv(fd, &piece, 1);
}

class BpfWaitingReader : public LiveSourceTest {
 protected:
  void TearDown() override {
    if (reader_ > 0) {
      ::kill(reader_, SIGKILL);
      ::waitpid(reader_, nullptr, 0);
    }
  }

  using Read = ssize_t (*)(int fd, char* to, std::size_t size);
  using Count = std::size_t (*)(Taken taken);

  // A child that waits in such a call, and ends when it has taken `wanted` notifications.
  void start_reader(int queue, Read read, Count count, std::size_t wanted) {
    queue_ = UniqueFd(queue);
    reader_ = ::fork();
    if (reader_ == 0) {
      std::array<char, 4096> buffer{};
      for (std::size_t taken = 0; taken < wanted;) {
        const ssize_t length = read(queue, buffer.data(), buffer.size());
        if (length <= 0) {
          ::_exit(1);
        }
        taken += count(Taken(buffer).first(static_cast<std::size_t>(length)));
      }
      ::_exit(0);
    }
    const int number = read == by_read ? SYS_read : SYS_readv;
    const std::string call = std::to_string(number) + " ";
    ASSERT_TRUE(wait_until(
        [&] {
          return read_file("/proc/" + std::to_string(reader_) + "/syscall").starts_with(call);
        },
        seconds(5)));
  }

  void start_after_reader() {
    BpfOptions own;  // not the default ones: where tests share a source, it is loaded anew
    own.self_tgid = static_cast<std::uint32_t>(::getpid());
    start(own);
    ASSERT_TRUE(source().adopt_watchers());
  }

  void swap() {
    ASSERT_EQ(::symlink("..one", at("volume/..data_tmp").c_str()), 0);
    ASSERT_EQ(::rename(at("volume/..data_tmp").c_str(), at("volume/..data").c_str()), 0);
    ASSERT_TRUE(wait_until(
        [&] {
          int left = -1;
          return ::ioctl(queue_.get(), FIONREAD, &left) == 0 && left == 0;
        },
        seconds(5)));
  }

  // What the reader took, once it has ended well.
  template <typename Kind>
  std::vector<Kind> taken() {
    int status = -1;
    ::waitpid(reader_, &status, 0);
    EXPECT_EQ(status, 0);
    std::vector<Kind> found;
    for (const Kind& one : all<Kind>(drain())) {
      if (one.origin.tgid == static_cast<std::uint32_t>(reader_)) {
        found.push_back(one);
      }
    }
    reader_ = -1;
    return found;
  }

 private:
  UniqueFd queue_;
  pid_t reader_ = -1;
};

TEST_F(BpfWaitingReader, of_inotify_is_seen_from_its_first_notification_on_and_each_once) {
  for (const Read read : {by_read, by_readv}) {
    const int queue = ::inotify_init1(IN_CLOEXEC);
    ASSERT_EQ(::inotify_add_watch(queue, at("volume").c_str(), IN_CREATE | IN_MOVE), 1);
    start_reader(queue, read, count_inotify, 6);
    start_after_reader();
    swap();
    swap();
    const auto notices = taken<NotifyEvent>();
    std::vector<std::string> names;
    for (const NotifyEvent& notice : notices) {
      EXPECT_EQ(notice.fd, queue);
      names.push_back(notice.name);
    }
    const std::vector<std::string> of_two_swaps = {"..data_tmp", "..data_tmp", "..data",
                                                   "..data_tmp", "..data_tmp", "..data"};
    EXPECT_EQ(names, of_two_swaps);
  }
}

TEST_F(BpfWaitingReader, of_fanotify_is_seen_from_its_first_event_on_and_each_once) {
  const int queue = ::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC, O_RDONLY);
  if (queue < 0) {
    GTEST_SKIP() << "this kernel has no fanotify with names";
  }
  ASSERT_EQ(::fanotify_mark(queue, FAN_MARK_ADD, FAN_CREATE | FAN_MOVED_TO | FAN_ONDIR, AT_FDCWD,
                            at("volume").c_str()),
            0);
  start_reader(queue, by_read, count_fanotify, 4);
  start_after_reader();
  swap();
  swap();
  std::vector<std::string> names;
  for (const FanotifyEvent& event : taken<FanotifyEvent>()) {
    names.push_back(event.name);
  }
  const std::vector<std::string> of_two_swaps = {"..data_tmp", "..data", "..data_tmp", "..data"};
  EXPECT_EQ(names, of_two_swaps);
}

}  // namespace
}  // namespace reloadtrace::testing
