// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/live_source.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "tests/bpf/borrowed_source.h"
#include "tests/support/kernel_version.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

InodeId inode_of(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) {
    return {};
  }
  return {static_cast<DeviceId>(major(st.st_dev) << 20U | minor(st.st_dev)), st.st_ino};
}

HookChoice tier_to_test() {
  const std::string tier = hooks_to_test();
  return tier == "fentry"       ? HookChoice::Fentry
         : tier == "tracepoint" ? HookChoice::Tracepoint
                                : HookChoice::Auto;
}

// Its descriptors cannot be walked, and before 6.3 nobody knows what the tracepoint of io_uring's
// submissions gives.
std::set<std::string> hooks_missing_without_btf() {
  std::set<std::string> missing{"adopt"};
  if (!is_kernel_since(6, 3)) {
    missing.insert("io_uring_failed");
  }
  return missing;
}

void LiveSourceTest::SetUp() {
  RELOADTRACE_REQUIRE(why_bpf_cannot_run());
  std::filesystem::create_directories(at("volume/..one"));
  std::filesystem::create_directories(at("other"));
  write_file(at("volume/..one/app.yaml"), "first\n");
  write_file(at("other/app.yaml"), "other\n");
  std::filesystem::create_symlink("..one", at("volume/..data"));
  std::filesystem::create_symlink("..data/app.yaml", at("volume/app.yaml"));
}

void LiveSourceTest::start(BpfOptions options) {
  if (options.hooks == HookChoice::Auto) {
    options.hooks = tier_to_test();
  }
  options.btf = btf_to_test();
  source_.reset();  // so that it can be borrowed again
  auto opened = borrow_source(options);
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  source_ = *std::move(opened);
  if (const auto tracked = source_->track_volume(volume()); !tracked) {
    throw std::runtime_error(tracked.error().message);
  }
}

std::vector<Event> LiveSourceTest::trace(const std::function<bool()>& act) {
  child_ = ::fork();
  if (child_ == 0) {
    ::alarm(300);  // one that hangs fails, and the others have their turn
    ::_exit(act() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child_, &status, 0);
  EXPECT_EQ(status, 0) << "the child could not do what it should";
  return drain();
}

bool LiveSourceTest::watch_and_close() const {
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC));
  return ::inotify_add_watch(queue.get(), at("volume").c_str(), IN_CREATE) >= 0;
}

bool LiveSourceTest::read_a_queue_beside() const {
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC));
  std::array<char, 4096> taken{};
  return ::inotify_add_watch(queue.get(), at("other").c_str(), IN_ACCESS) >= 0 &&
         open_and_read(at("other/app.yaml")) && ::read(queue.get(), taken.data(), taken.size()) > 0;
}

std::vector<Event> LiveSourceTest::drain() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const Timestamp end{static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ULL +
                      static_cast<std::uint64_t>(now.tv_nsec)};
  std::vector<Event> events;
  while (source_->horizon() < end) {
    const auto progress = source_->poll(
        std::chrono::milliseconds(10),
        [&](const Event& event, std::span<const std::byte>) { events.push_back(event); });
    if (!progress) {
      ADD_FAILURE() << progress.error().message;
      break;
    }
  }
  return events;
}

bool read_to_end(int fd) {
  char buffer[4096];
  ssize_t length = 0;
  do {
    length = ::read(fd, buffer, sizeof buffer);
  } while (length > 0);
  return length == 0;
}

bool open_and_read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  return fd >= 0 && read_to_end(fd) && ::close(fd) == 0;
}

bool run_shell(const std::string& script) {
  return ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr) == 0;
}

}  // namespace reloadtrace::testing
