// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfWriteClosed : public LiveSourceTest {
 protected:
  // Closed writes of volume/conf, by whomever. The first 64 descriptors are looked at when a
  // process ends: those of the tracer, which a child of the test has, too, must not take them.
  std::size_t closed(const std::function<bool()>& act) {
    std::size_t count = 0;
    const auto with_few_descriptors = [&] { return ::close_range(3, ~0U, 0) == 0 && act(); };
    for (const auto& event : all<WriteClosedEvent>(trace(with_few_descriptors))) {
      EXPECT_EQ(event.path, "conf");
      EXPECT_EQ(event.file.inode(), inode_of(at("volume/conf")));
      size_ = event.file.size;
      ++count;
    }
    return count;
  }
  int create() const {
    const int fd = ::open(at("volume/conf").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
    return ::write(fd, "new", 3) == 3 ? fd : -1;
  }
  std::uint64_t size_ = 0;
};

TEST_F(BpfWriteClosed, is_reported_once_with_the_final_size) {
  start();
  EXPECT_EQ(closed([&] { return ::close(create()) == 0; }), 1U);
  EXPECT_EQ(size_, 3U);
}

TEST_F(BpfWriteClosed, is_reported_once_for_a_shell_that_redirects_its_own_output) {
  start();
  EXPECT_EQ(closed([&] { return run_shell("echo x > " + at("volume/conf")); }), 1U);
  EXPECT_EQ(closed([&] { return run_shell("echo x > " + at("volume/conf") + "; exec true"); }), 1U);
}

TEST_F(BpfWriteClosed, is_reported_once_for_a_command_with_redirected_output) {
  start();
  EXPECT_EQ(closed([&] { return run_shell("cat /proc/version > " + at("volume/conf")); }), 1U);
}

TEST_F(BpfWriteClosed, is_reported_once_for_a_process_that_exits_without_closing) {
  start();
  EXPECT_EQ(closed([&] {
              const int fd = create();
              return ::dup(fd) >= 0 && ::fcntl(fd, F_DUPFD, 40) >= 0;
            }),
            1U);
}

TEST_F(BpfWriteClosed, waits_for_the_last_of_two_processes_that_share_a_descriptor) {
  start();
  EXPECT_EQ(closed([&] {
              const int fd = create();
              if (::fork() == 0) {
                ::usleep(20'000);
                ::_exit(::write(fd, "more", 4) == 4 ? 0 : 1);
              }
              ::close(fd);
              int status = 0;
              return ::wait(&status) > 0 && status == 0;
            }),
            1U);
  EXPECT_EQ(size_, 7U);
}

// As whatever process makes a call on another CPU just when the file ends.
TEST_F(BpfWriteClosed, is_of_who_opened_the_file_whoever_ends_it) {
  start();
  const auto events = trace([&] {
    const int fd = create();
    int go[2];
    if (::pipe(go) != 0) {
      return false;
    }
    const pid_t last = ::fork();
    if (last == 0) {
      char byte = 0;
      ::close(go[1]);
      const bool let = ::read(go[0], &byte, 1) == 0;
      ::_exit(let && ::close(fd) == 0 ? 0 : 1);
    }
    ::close(fd);
    ::close(go[0]);
    ::close(go[1]);
    int status = 0;
    return ::waitpid(last, &status, 0) == last && status == 0;
  });
  ASSERT_EQ(all<WriteClosedEvent>(events).size(), 1U);
  EXPECT_EQ(of<WriteClosedEvent>(events).size(), 1U);
}

TEST_F(BpfWriteClosed, is_reported_for_a_descriptor_closed_by_exec) {
  start();
  EXPECT_EQ(closed([&] {
              ::fcntl(create(), F_SETFD, FD_CLOEXEC);
              return ::execl("/bin/true", "true", nullptr) == 0;
            }),
            1U);
}

TEST_F(BpfWriteClosed, is_reported_when_close_range_or_dup3_ends_a_descriptor) {
  start();
  EXPECT_EQ(closed([&] { return ::close_range(static_cast<unsigned>(create()), ~0U, 0) == 0; }),
            1U);
  EXPECT_EQ(closed([&] {
              const int null = ::open("/dev/null", O_RDONLY);
              return ::dup3(null, create(), O_CLOEXEC) >= 0;
            }),
            1U);
}

TEST_F(BpfWriteClosed, waits_for_a_mapping_that_can_still_write) {
  start();
  EXPECT_EQ(closed([&] {
              const int fd = create();
              void* map = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
              ::close(fd);
              *static_cast<char*>(map) = 'N';
              return ::munmap(map, 4096) == 0;
            }),
            1U);
}

TEST_F(BpfWriteClosed, says_nothing_of_a_file_that_was_only_read_or_lies_elsewhere) {
  start();
  EXPECT_EQ(closed([&] {
              return open_and_read(at("volume/app.yaml")) &&
                     ::close(::open(at("other/app.yaml").c_str(), O_WRONLY)) == 0;
            }),
            0U);
}

TEST_F(BpfWriteClosed, tells_that_another_writer_is_still_there) {
  start();
  const auto events = trace([&] {
    const int first = create();
    const int second = create();
    const int third = create();
    return ::close(first) == 0 && ::close(second) == 0 && ::close(third) == 0;
  });
  const auto closes = of<WriteClosedEvent>(events);
  ASSERT_EQ(closes.size(), 3U);
  EXPECT_TRUE(closes[0].file.writer_present);
  EXPECT_FALSE(closes[2].file.writer_present);
}

}  // namespace
}  // namespace reloadtrace::testing
