// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfRead : public LiveSourceTest {
 protected:
  using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  // Offset and count of each read of "first\n" by the last child.
  Ranges ranges(const std::vector<Event>& events) const {
    Ranges found;
    for (const ReadEvent& read : of<ReadEvent>(events)) {
      EXPECT_EQ(read.file.inode(), inode_of(at("volume/..one/app.yaml")));
      found.emplace_back(read.offset, read.count);
    }
    return found;
  }
  int open_file() const { return ::open(at("volume/app.yaml").c_str(), O_RDONLY); }
};

TEST_F(BpfRead, reports_where_each_read_began_and_also_the_end_of_the_file) {
  start();
  const auto found = ranges(trace([&] {
    char b[4];
    const int fd = open_file();
    return ::read(fd, b, 4) == 4 && ::read(fd, b, 4) == 2 && ::read(fd, b, 4) == 0;
  }));
  EXPECT_EQ(found, (Ranges{{0, 4}, {4, 2}, {6, 0}}));
}

TEST_F(BpfRead, sees_each_system_call_that_reads) {
  start();
  const auto found = ranges(trace([&] {
    char b[8];
    iovec v{b, 2};
    const int fd = open_file();
    return ::pread(fd, b, 3, 1) == 3 && ::readv(fd, &v, 1) == 2 && ::preadv(fd, &v, 1, 3) == 2 &&
           ::preadv2(fd, &v, 1, -1, 0) == 2 && ::preadv2(fd, &v, 1, 1, 0) == 2;
  }));
  EXPECT_EQ(found, (Ranges{{1, 3}, {0, 2}, {3, 2}, {2, 2}, {1, 2}}));
}

TEST_F(BpfRead, counts_a_copy_made_by_the_kernel_as_a_read) {
  start();
  const auto found = ranges(trace([&] {
    const int from = open_file();
    const int to = ::open(at("copy").c_str(), O_WRONLY | O_CREAT, 0600);
    off_t offset = 1;
    loff_t start = 2;
    return ::sendfile(to, from, nullptr, 4) == 4 && ::sendfile(to, from, &offset, 3) == 3 &&
           ::copy_file_range(from, &start, to, nullptr, 4, 0) == 4;
  }));
  EXPECT_EQ(found, (Ranges{{0, 4}, {1, 3}, {2, 4}}));
}

TEST_F(BpfRead, counts_a_splice_into_a_pipe_with_and_without_an_offset) {
  start();
  const auto found = ranges(trace([&] {
    int pipe[2];
    const int from = open_file();
    loff_t offset = 1;
    return ::pipe(pipe) == 0 && ::splice(from, nullptr, pipe[1], nullptr, 2, 0) == 2 &&
           ::splice(from, &offset, pipe[1], nullptr, 3, 0) == 3 && offset == 4 &&
           ::splice(from, nullptr, pipe[1], nullptr, 100, 0) == 4;
  }));
  EXPECT_EQ(found, (Ranges{{0, 2}, {1, 3}, {2, 4}}));
}

TEST_F(BpfRead, says_nothing_of_a_splice_from_a_pipe_to_a_file_elsewhere) {
  start();
  const auto found = ranges(trace([&] {
    int pipe[2];
    const int to = ::open(at("copy").c_str(), O_WRONLY | O_CREAT, 0600);
    return ::pipe(pipe) == 0 && ::write(pipe[1], "x", 1) == 1 &&
           ::splice(pipe[0], nullptr, to, nullptr, 1, 0) == 1;
  }));
  EXPECT_TRUE(found.empty());
}

TEST_F(BpfRead, counts_a_vector_as_one_read_and_each_call_by_itself) {
  start();
  const auto found = ranges(trace([&] {
    char b[8];
    const std::array<iovec, 3> pieces{iovec{b, 1}, iovec{b + 1, 2}, iovec{b + 3, 5}};
    const int fd = open_file();
    return ::readv(fd, pieces.data(), 2) == 3 && ::readv(fd, pieces.data(), 3) == 3 &&
           ::readv(fd, pieces.data(), 3) == 0 && ::preadv(fd, pieces.data(), 3, 1) == 5;
  }));
  EXPECT_EQ(found, (Ranges{{0, 3}, {3, 3}, {6, 0}, {1, 5}}));
}

TEST_F(BpfRead, keeps_the_exact_place_of_reads_from_the_end_to_the_beginning) {
  start();
  const auto found = ranges(trace([&] {
    char b[2];
    iovec piece{b, 2};
    const int fd = open_file();
    return ::pread(fd, b, 2, 6) == 0 && ::pread(fd, b, 2, 4) == 2 && ::pread(fd, b, 2, 2) == 2 &&
           ::preadv2(fd, &piece, 1, 0, RWF_HIPRI) == 2 && ::read(fd, b, 1) == 1 &&
           ::preadv2(fd, &piece, 1, -1, 0) == 2;
  }));
  EXPECT_EQ(found, (Ranges{{6, 0}, {4, 2}, {2, 2}, {0, 2}, {0, 1}, {1, 2}}));
}

TEST_F(BpfRead, knows_a_descriptor_that_was_open_before_the_tracer_and_one_that_was_copied) {
  const int early = open_file();
  start();
  const auto found = ranges(trace([&] {
    char b[8];
    return ::read(early, b, 2) == 2 && ::read(::dup(early), b, 8) == 4;
  }));
  ::close(early);
  EXPECT_EQ(found, (Ranges{{0, 2}, {2, 4}}));
}

TEST_F(BpfRead, says_nothing_of_a_read_that_failed) {
  start();
  const auto found = ranges(trace([&] {
    char b[4];
    return ::pread(open_file(), b, 4, -1) < 0;
  }));
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace reloadtrace::testing
