// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "tests/bpf/live_source.h"
#include "tests/bpf/ring.h"

namespace reloadtrace::testing {
namespace {

class BpfRing : public LiveSourceTest {
 protected:
  using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  void SetUp() override {
    LiveSourceTest::SetUp();
    if (!Ring::open()) {
      GTEST_SKIP() << "this kernel has no io_uring, or does not let us use it";
    }
  }
  // Offset and count of each read of "first\n" by the last child.
  Ranges ranges(const std::vector<Event>& events) const {
    Ranges found;
    for (const ReadEvent& read : of<ReadEvent>(events)) {
      EXPECT_EQ(read.file.inode(), inode_of(at("volume/..one/app.yaml")));
      EXPECT_EQ(read.file.generation(), inode_of(at("volume/..one")));
      found.emplace_back(read.offset, read.count);
    }
    return found;
  }
  std::string path() const { return at("volume/app.yaml"); }

  // One open and one read to the end by a ring with these flags, each with `request_flags`.
  std::vector<Event> trace_reread(std::uint32_t ring_flags, std::uint8_t request_flags) {
    return trace([=, this] {
      char b[16];
      auto ring = Ring::open(ring_flags);
      if (!ring) {
        return false;
      }
      const auto run = [&](io_uring_sqe request) {
        request.flags |= request_flags;
        return ring->run(request);
      };
      const std::string name = path();
      const int fd = run(ring_openat(name, O_RDONLY));
      return fd >= 0 && run(ring_read(fd, b, 4, -1)) == 4 && run(ring_read(fd, b, 16, -1)) == 2 &&
             run(ring_read(fd, b, 16, -1)) == 0 && run(ring_close(fd)) == 0;
    });
  }
  void expect_reread(const std::vector<Event>& events) const {
    const auto opens = of<OpenEvent>(events);
    ASSERT_EQ(opens.size(), 1U);
    EXPECT_EQ(opens[0].path, "..one/app.yaml");
    EXPECT_GE(opens[0].fd, 0);
    EXPECT_EQ(opens[0].file.generation(), inode_of(at("volume/..one")));
    EXPECT_EQ(opens[0].origin.comm, "bpf_tests");
    EXPECT_EQ(ranges(events), (Ranges{{0, 4}, {4, 2}, {6, 0}}));
    for (const ReadEvent& read : of<ReadEvent>(events)) {
      EXPECT_EQ(read.fd, -1);
      EXPECT_EQ(read.origin.comm, "bpf_tests");
    }
  }
};

TEST_F(BpfRing, shows_an_open_and_its_reads_in_the_process_that_submits) {
  start();
  expect_reread(trace_reread(0, 0));
}

TEST_F(BpfRing, attributes_what_its_worker_threads_do_to_the_process) {
  start();
  expect_reread(trace_reread(0, IOSQE_ASYNC));
}

TEST_F(BpfRing, attributes_what_the_thread_that_polls_the_queue_does_to_the_process) {
  start();
  expect_reread(trace_reread(IORING_SETUP_SQPOLL, 0));
  expect_reread(trace_reread(IORING_SETUP_SQPOLL, IOSQE_ASYNC));
}

TEST_F(BpfRing, shows_completions_that_wait_for_the_process_to_ask) {
  start();
  expect_reread(trace_reread(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0));
  expect_reread(trace_reread(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, IOSQE_ASYNC));
}

TEST_F(BpfRing, knows_where_each_kind_of_read_began) {
  start();
  const auto found = ranges(trace([&] {
    char b[16];
    auto ring = Ring::open();
    const int fd = ::open(path().c_str(), O_RDONLY);
    iovec vector{b, 3};
    io_uring_sqe readv = ring_read(fd, &vector, 1, 2);
    readv.opcode = IORING_OP_READV;
    io_uring_sqe fixed = ring_read(fd, b, 5, 0);
    fixed.opcode = IORING_OP_READ_FIXED;
    io_uring_sqe registered = ring_read(0, b, 16, 1);
    registered.flags = IOSQE_FIXED_FILE;
    return ring && ring->register_buffer(b, sizeof b) && ring->register_file(fd) &&
           ring->run(ring_read(fd, b, 2, 4)) == 2 && ring->run(ring_read(fd, b, 2, 2)) == 2 &&
           ring->run(ring_read(fd, b, 2, 0)) == 2 && ring->run(readv) == 3 &&
           ring->run(fixed) == 5 && ring->run(registered) == 5 &&
           ring->run(ring_read(fd, b, 16, 100)) == 0;
  }));
  EXPECT_EQ(found, (Ranges{{4, 2}, {2, 2}, {0, 2}, {2, 3}, {0, 5}, {1, 5}, {100, 0}}));
}

TEST_F(BpfRing, shows_an_open_into_a_direct_descriptor_and_what_is_read_through_it) {
  start();
  const auto events = trace([&] {
    char b[16];
    auto ring = Ring::open();
    const std::string name = path();
    io_uring_sqe chosen = ring_openat(name, O_RDONLY);
    chosen.file_index = 3 + 1;
    open_how how{};
    io_uring_sqe any{};
    any.opcode = IORING_OP_OPENAT2;
    any.fd = AT_FDCWD;
    any.addr = reinterpret_cast<std::uintptr_t>(name.c_str());
    any.off = reinterpret_cast<std::uintptr_t>(&how);
    any.len = sizeof how;
    any.file_index = IORING_FILE_INDEX_ALLOC;
    io_uring_sqe read = ring_read(3, b, sizeof b, 0);
    read.flags = IOSQE_FIXED_FILE;
    return ring && ring->make_table(8) && ring->run(chosen) == 0 && ring->run(any) >= 0 &&
           ring->run(read) == 6;
  });
  const auto opens = of<OpenEvent>(events);
  ASSERT_EQ(opens.size(), 2U);
  for (const OpenEvent& open : opens) {
    EXPECT_EQ(open.path, "..one/app.yaml");
    EXPECT_EQ(open.fd, -1);
    EXPECT_EQ(open.file.inode(), inode_of(at("volume/..one/app.yaml")));
  }
  EXPECT_EQ(ranges(events), (Ranges{{0, 6}}));
}

TEST_F(BpfRing, shows_a_chain_of_open_read_and_close_submitted_at_once) {
  start();
  const auto events = trace([&] {
    char b[16];
    auto ring = Ring::open();
    const std::string name = path();
    io_uring_sqe open = ring_openat(name, O_RDONLY);
    open.file_index = 1;
    open.flags = IOSQE_IO_LINK;
    io_uring_sqe read = ring_read(0, b, 6, 0);
    read.flags = IOSQE_FIXED_FILE | IOSQE_IO_LINK;
    io_uring_sqe close{};
    close.opcode = IORING_OP_CLOSE;
    close.file_index = 1;
    return ring && ring->make_table(1) &&
           ring->run({open, read, close}) == std::vector<int>({0, 6, 0});
  });
  EXPECT_EQ(of<OpenEvent>(events).size(), 1U);
  EXPECT_EQ(ranges(events), (Ranges{{0, 6}}));
}

TEST_F(BpfRing, reports_the_end_of_a_write_through_it) {
  start();
  const auto events = trace([&] {
    auto ring = Ring::open();
    const std::string name = at("volume/conf");
    io_uring_sqe open = ring_openat(name, O_WRONLY | O_CREAT);
    open.len = 0600;
    const int fd = ring ? ring->run(open) : -1;
    return ::write(fd, "new", 3) == 3 && ring->run(ring_close(fd)) == 0;
  });
  EXPECT_EQ(of<WriteOpenEvent>(events).size(), 1U);
  const auto closed = of<WriteClosedEvent>(events);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].path, "conf");
}

TEST_F(BpfRing, says_nothing_of_files_elsewhere_and_of_what_failed) {
  start();
  const auto events = trace([&] {
    char b[16];
    auto ring = Ring::open();
    const std::string other = at("other/app.yaml");
    const std::string none = at("volume/none");
    const int fd = ring ? ring->run(ring_openat(other, O_RDONLY)) : -1;
    return fd >= 0 && ring->run(ring_read(fd, b, 16, 0)) == 6 &&
           ring->run(ring_openat(none, O_RDONLY)) == -ENOENT;
  });
  EXPECT_TRUE(of<OpenEvent>(events).empty());
  EXPECT_TRUE(of<ReadEvent>(events).empty());
  EXPECT_TRUE(of<OpenFailedEvent>(events).empty());
}

TEST_F(BpfRing, reports_opens_that_failed) {
  start();
  ASSERT_TRUE(source().add_file_name("app.yaml"));
  ::chmod(at("volume/..one/app.yaml").c_str(), 0600);
  ::chmod(at("").c_str(), 0755);
  const auto events = trace([&] {
    auto ring = Ring::open();
    const std::string name = path();
    const std::string absent = at("absent/app.yaml");
    const std::string other = at("absent/other.yaml");
    if (!ring || !open_and_read(name) || ::setuid(65534) != 0) {
      return false;
    }
    // In one batch: each is told by its own path.
    const auto results =
        ring->run({ring_openat(name, O_RDONLY), ring_openat(absent, O_RDWR),
                   ring_openat(other, O_RDONLY), ring_openat(at("volume"), O_RDONLY)});
    return results[0] == -EACCES && results[1] == -ENOENT && results[2] == -ENOENT &&
           results[3] >= 0;
  });
  auto failed = of<OpenFailedEvent>(events);
  ASSERT_EQ(failed.size(), 2U);
  // What cannot be done without waiting is done later (up to 6.12: an open that is not permitted).
  std::ranges::sort(failed, std::greater(), &OpenFailedEvent::path);
  EXPECT_EQ(failed[0].path, path());
  EXPECT_EQ(failed[0].error, static_cast<std::uint32_t>(EACCES));
  EXPECT_EQ(failed[0].uid, 65534U);
  EXPECT_EQ(failed[0].dfd, AT_FDCWD);
  EXPECT_EQ(failed[1].path, at("absent/app.yaml"));
  EXPECT_EQ(failed[1].error, static_cast<std::uint32_t>(ENOENT));
}

TEST_F(BpfRing, says_nothing_of_failed_opens_out_of_scope) {
  start();
  ASSERT_TRUE(source().add_file_name("app.yaml"));
  EXPECT_TRUE(of<OpenFailedEvent>(trace([&] {
                auto ring = Ring::open();
                const std::string absent = at("absent/app.yaml");
                return ring && ring->run(ring_openat(absent, O_RDONLY)) == -ENOENT;
              })).empty());
}

TEST_F(BpfRing, is_silent_without_its_hook) {
  BpfOptions options;
  options.without_hooks = {"io_uring"};
  start(options);
  const auto events = trace_reread(0, 0);
  EXPECT_TRUE(of<OpenEvent>(events).empty());
  EXPECT_TRUE(of<ReadEvent>(events).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
