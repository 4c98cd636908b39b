// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/output.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using test::read_file;
using test::TempDir;

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe(int flags = O_CLOEXEC) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, flags), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Files of this process end at so many bytes while it lives: a disk that is full for a time.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : previous_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    const rlimit limit{bytes, previous_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    std::signal(SIGXFSZ, previous_handler_);
  }

 private:
  rlimit previous_{};
  void (*previous_handler_)(int);
};

TEST(Output, appends_to_what_a_file_already_holds) {
  const TempDir dir;
  std::ofstream(dir.file("out")) << "before\n";
  Result<Output> output = Output::open(dir.file("out"));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->write("line\n"));
  EXPECT_EQ(read_file(dir.file("out")), "before\nline\n");
}

TEST(Output, ends_the_half_line_that_a_killed_run_left) {
  const TempDir dir;
  std::ofstream(dir.file("out")) << R"({"schema":1,"ki)";
  Result<Output> output = Output::open(dir.file("out"));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->write("line\n"));
  EXPECT_EQ(read_file(dir.file("out")), "{\"schema\":1,\"ki\nline\n");
}

TEST(Output, names_the_file_that_it_cannot_open) {
  const Result<Output> output = Output::open("/nonexistent/out");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "open output /nonexistent/out: No such file or directory");
}

TEST(Output, writes_to_the_new_file_after_logrotate_moved_the_old_one) {
  const TempDir dir;
  Result<Output> output = Output::open(dir.file("out"));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->write("one\n"));
  std::filesystem::rename(dir.file("out"), dir.file("out.1"));
  EXPECT_TRUE(output->write("two\n"));
  EXPECT_TRUE(output->reopen());
  EXPECT_TRUE(output->write("three\n"));
  EXPECT_EQ(read_file(dir.file("out.1")), "one\ntwo\n");
  EXPECT_EQ(read_file(dir.file("out")), "three\n");
}

TEST(Output, keeps_the_old_file_when_the_new_one_cannot_be_opened) {
  const TempDir dir;
  std::filesystem::create_directory(dir.file("sub"));
  Result<Output> output = Output::open(dir.file("sub/out"));
  ASSERT_TRUE(output);
  std::filesystem::rename(dir.file("sub"), dir.file("moved"));
  EXPECT_FALSE(output->reopen());
  EXPECT_TRUE(output->write("line\n"));
  EXPECT_EQ(read_file(dir.file("moved/out")), "line\n");
}

TEST(Output, counts_what_a_full_disk_refuses_and_says_why) {
  Result<Output> output = Output::open("/dev/full");
  ASSERT_TRUE(output);
  const Result<> written = output->write("one\ntwo\n");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "write output /dev/full: No space left on device");
  EXPECT_EQ(output->lost_lines(), 2U);
  EXPECT_FALSE(output->closed());
}

TEST(Output, leaves_no_half_line_when_the_disk_fills_up_within_it) {
  const TempDir dir;
  Result<Output> output = Output::open(dir.file("out"));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->write("first\n"));
  {
    const FileSizeLimit full(10);
    EXPECT_FALSE(output->write("second\n"));
    EXPECT_EQ(read_file(dir.file("out")), "first\n");
  }
  EXPECT_TRUE(output->write("third\n"));
  EXPECT_EQ(read_file(dir.file("out")), "first\nthird\n");
  EXPECT_EQ(output->lost_lines(), 1U);
}

TEST(Output, does_not_cut_what_another_program_appended_behind_a_half_line) {
  const TempDir dir;
  const UniqueFd fd(::open(dir.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  std::ofstream(dir.file("out")) << "a much longer text of somebody else\n";
  Output output = Output::of(UniqueFd(::dup(fd.get())));  // at offset 0, as `> file` is
  {
    const FileSizeLimit full(4);
    EXPECT_FALSE(output.write("second\n"));
  }
  EXPECT_EQ(read_file(dir.file("out")).size(), 36U);
}

TEST(Output, tells_a_reader_that_has_gone_from_a_line_that_was_lost) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe = make_pipe();
  Output output = Output::of(std::move(pipe.writer));
  EXPECT_TRUE(output.write("line\n"));
  pipe.reader.reset();
  for (int again = 0; again < 2; ++again) {
    const Result<> written = output.write("line\n");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, std::errc::broken_pipe);
    EXPECT_TRUE(output.closed());
  }
  EXPECT_EQ(output.lost_lines(), 0U);
}

TEST(Output, waits_for_a_slow_reader_of_a_pipe_that_does_not_block) {
  Pipe pipe = make_pipe(O_CLOEXEC | O_NONBLOCK);
  Output output = Output::of(std::move(pipe.writer));
  const std::string line = std::string(1'000'000, 'x') + "\n";
  std::string got;
  std::thread slow([&] {
    char chunk[8192];
    while (got.size() < line.size()) {
      const ssize_t n = ::read(pipe.reader.get(), chunk, sizeof chunk);
      if (n > 0) {
        got.append(chunk, static_cast<std::size_t>(n));
      } else {
        std::this_thread::yield();
      }
    }
  });
  EXPECT_TRUE(output.write(line));
  slow.join();
  EXPECT_EQ(got, line);
}

}  // namespace
}  // namespace reloadtrace
