// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <thread>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfPoll : public LiveSourceTest {
 protected:
  // Traces with these names in the filter.
  void start_polls(const BpfOptions& options = {}) {
    start(options);
    ASSERT_TRUE(source().add_file_name("app.yaml"));
    ASSERT_TRUE(source().add_file_name("..data"));
    ASSERT_TRUE(source().add_directory_name("volume"));
  }
  // What a child in scope looks at.
  std::vector<PollEvent> polls(const std::function<bool()>& act) {
    return of<PollEvent>(
        trace([&] { return open_and_read(at("volume/app.yaml")) && (act(), true); }));
  }
};

std::uint64_t looks(const std::vector<PollEvent>& polls) {
  std::uint64_t sum = 0;
  for (const PollEvent& poll : polls) {
    sum += poll.count;
  }
  return sum;
}

bool look(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0;
}

TEST_F(BpfPoll, reports_the_first_look_as_it_was) {
  start_polls();
  const std::string path = at("volume/app.yaml");
  const auto found = polls([&] { return look(path); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, path);
  EXPECT_EQ(found[0].count, 1U);
  EXPECT_EQ(found[0].call, PollCall::Stat);
  EXPECT_EQ(found[0].error, 0U);
  EXPECT_EQ(found[0].dfd, AT_FDCWD);
  EXPECT_EQ(found[0].first, found[0].latest);
  EXPECT_LE(found[0].latest, found[0].origin.at);
}

TEST_F(BpfPoll, sees_each_system_call_that_looks) {
  start_polls();
  const std::string path = at("volume/app.yaml");
  const auto found = polls([&] {
    struct stat st {};
    struct statx stx {};
    char target[64];
    const char* const text = path.c_str();
    ::syscall(SYS_stat, text, &st);
    ::syscall(SYS_newfstatat, AT_FDCWD, text, &st, AT_NO_AUTOMOUNT);
    ::syscall(SYS_statx, AT_FDCWD, text, 0, STATX_MTIME, &stx);
    ::syscall(SYS_lstat, text, &st);
    ::syscall(SYS_newfstatat, AT_FDCWD, text, &st, AT_SYMLINK_NOFOLLOW);
    ::syscall(SYS_statx, AT_FDCWD, text, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &stx);
    ::syscall(SYS_readlink, text, target, sizeof target);
    ::syscall(SYS_readlinkat, AT_FDCWD, text, target, sizeof target);
    ::syscall(SYS_access, text, R_OK);
    ::syscall(SYS_faccessat, AT_FDCWD, text, R_OK);
    return ::syscall(SYS_faccessat2, AT_FDCWD, text, R_OK, 0) == 0;
  });
  std::map<PollCall, std::uint64_t> counts;
  for (const PollEvent& poll : found) {
    counts[poll.call] += poll.count;
  }
  EXPECT_EQ(counts[PollCall::Stat], 3U);
  EXPECT_EQ(counts[PollCall::Lstat], 3U);
  EXPECT_EQ(counts[PollCall::Readlink], 2U);
  EXPECT_EQ(counts[PollCall::Access], 3U);
}

TEST_F(BpfPoll, counts_every_look_of_two_fast_threads) {
  start_polls();
  const std::string path = at("volume/app.yaml");
  const auto events = trace([&] {
    const auto many = [&] {
      for (int i = 0; i < 10'000; ++i) {
        look(path);
      }
    };
    if (!open_and_read(path)) {
      return false;
    }
    std::thread other(many);
    many();
    other.join();
    return true;
  });
  const auto found = of<PollEvent>(events);
  EXPECT_EQ(looks(found), 20'000U);
  EXPECT_LT(found.size(), 1'000U);
  Timestamp before;
  for (const PollEvent& poll : found) {
    EXPECT_LE(poll.first, poll.latest);
    EXPECT_LE(before, poll.first);
    before = poll.first;
  }
  EXPECT_TRUE(all<LossFact>(events).empty());
}

TEST_F(BpfPoll, reports_what_a_poller_has_looked_at_though_it_stopped_and_lives_on) {
  start_polls();
  const std::string path = at("volume/app.yaml");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    open_and_read(path);
    for (int i = 0; i < 500; ++i) {
      look(path);
    }
    static_cast<void>(::write(ready[1], "x", 1));
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  std::uint64_t sum = 0;
  for (const PollEvent& poll : all<PollEvent>(drain())) {
    sum += poll.origin.tgid == static_cast<std::uint32_t>(pid) ? poll.count : 0;
    EXPECT_EQ(poll.origin.tgid, static_cast<std::uint32_t>(pid));
    EXPECT_TRUE(poll.origin.started);
  }
  EXPECT_EQ(sum, 500U);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_F(BpfPoll, tells_looks_before_the_end_of_their_process) {
  start_polls();
  const auto events = trace([&] {
    return open_and_read(at("volume/app.yaml")) && look(at("volume/app.yaml")) &&
           look(at("volume/app.yaml"));
  });
  std::uint64_t seen = 0;
  for (const Event& event : events) {
    const Origin* const origin = origin_of(event);
    if (origin == nullptr || origin->tgid != static_cast<std::uint32_t>(child())) {
      continue;
    }
    const auto* const poll = std::get_if<PollEvent>(&event);
    seen += poll != nullptr ? poll->count : 0;
    if (std::holds_alternative<ExitEvent>(event)) {
      EXPECT_EQ(seen, 2U);
    }
  }
  EXPECT_EQ(seen, 2U);
}

TEST_F(BpfPoll, tells_a_relative_path_with_the_directory_it_starts_at) {
  start_polls();
  const auto found = polls([&] {
    struct stat st {};
    const int directory = ::open(at("volume").c_str(), O_RDONLY | O_DIRECTORY);
    return ::fstatat(directory, "app.yaml", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           ::dup2(directory, 100) == 100 && ::fstatat(100, "app.yaml", &st, 0) == 0;
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, "app.yaml");
  EXPECT_GE(found[0].dfd, 3);
  EXPECT_EQ(found[0].call, PollCall::Lstat);
  EXPECT_EQ(found[1].dfd, 100);
}

TEST_F(BpfPoll, sees_looks_at_the_data_link_and_at_the_directory) {
  start_polls();
  const auto found = polls([&] {
    char target[64];
    return ::readlink(at("volume/..data").c_str(), target, sizeof target) == 5 &&
           look(at("volume")) && look(at("volume//"));
  });
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].call, PollCall::Readlink);
  EXPECT_EQ(found[0].path, at("volume/..data"));
  EXPECT_EQ(found[1].path, at("volume"));
  EXPECT_EQ(found[2].path, at("volume//"));
}

TEST_F(BpfPoll, says_that_a_look_failed) {
  start_polls();
  const auto found = polls([&] { return look(at("nowhere/app.yaml")); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].error, static_cast<std::uint32_t>(ENOENT));
}

TEST_F(BpfPoll, says_nothing_of_other_names_and_of_descriptors) {
  start_polls();
  const auto events = trace([&] {
    struct stat st {};
    struct statx stx {};
    const int fd = ::open(at("volume/app.yaml").c_str(), O_RDONLY);
    look(at("volume/another.yaml"));
    look(at("app.yaml/another.yaml"));
    ::syscall(SYS_newfstatat, fd, nullptr, &st, AT_EMPTY_PATH);
    ::syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MTIME, &stx);
    ::syscall(SYS_stat, 8, &st);  // a bad address
    return ::fstat(fd, &st) == 0;
  });
  EXPECT_TRUE(of<PollEvent>(events).empty());
  EXPECT_TRUE(all<LossFact>(events).empty());
}

TEST_F(BpfPoll, says_nothing_of_a_process_out_of_scope) {
  start_polls();
  EXPECT_TRUE(of<PollEvent>(trace([&] { return look(at("volume/app.yaml")); })).empty());
}

TEST_F(BpfPoll, cannot_push_out_a_publish) {
  BpfOptions options;
  options.activity_ring = 4096;
  start_polls(options);
  const auto events = trace([&] {
    bool well = open_and_read(at("volume/app.yaml"));
    for (int i = 0; i < 5'000; ++i) {
      look(at("x" + std::to_string(i % 100) + "/app.yaml"));
    }
    return well && ::rename(at("volume/..one").c_str(), at("volume/..two").c_str()) == 0;
  });
  EXPECT_EQ(of<RenameEvent>(events).size(), 1U);
  EXPECT_EQ(of<ExitEvent>(events).size(), 1U);
}

TEST_F(BpfPoll, counts_as_lost_what_it_has_no_room_to_count) {
  BpfOptions options;
  options.activity_ring = 16 * 1024 * 1024;
  start_polls(options);
  const auto events = trace([&] {
    bool well = open_and_read(at("volume/app.yaml"));
    for (int i = 0; i < 5'000; ++i) {
      look(at("x" + std::to_string(i) + "/app.yaml"));
    }
    return well;
  });
  std::uint64_t lost = 0;
  for (const LossFact& fact : all<LossFact>(events)) {
    for (const LossCount& one : fact.lost) {
      EXPECT_EQ(one.cause, LossCause::Polls);
      lost += one.count;
    }
  }
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(looks(of<PollEvent>(events)) + lost, 5'000U);
}

}  // namespace
}  // namespace reloadtrace::testing
