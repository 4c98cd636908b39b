// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace reloadtrace {
namespace {

struct Written {
  std::size_t bytes = 0;
  int err = 0;  // 0: all of it
};

Written write_all(int fd, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0) {
      return {done, EIO};
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Somebody else made the shared description non-blocking. What poll reports besides POLLOUT,
      // the next write tells better.
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return {done, errno};
    }
  }
  return {done, 0};
}

// Regular files only. A second descriptor, because ours is not readable.
bool ends_mid_line(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    return false;
  }
  const UniqueFd readable(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char last = '\n';
  return readable && ::pread(readable.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

Result<UniqueFd> open_for_append(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) {
    return system_error(errno, "open output " + path);
  }
  return fd;
}

}  // namespace

Result<Output> Output::standard_output() {
  UniqueFd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!fd) {
    return system_error(errno, "use standard output");
  }
  return Output(std::move(fd), {});
}

Result<Output> Output::open(std::string path) {
  Result<UniqueFd> fd = open_for_append(path);
  if (!fd) {
    return std::move(fd).error();
  }
  Output output(*std::move(fd), std::move(path));
  output.mid_line_ = ends_mid_line(output.fd(), output.path_);
  return output;
}

Result<> Output::write(std::string_view lines) {
  if (closed_) {
    return system_error(EPIPE, doing());
  }
  if (const int err = repair(); err != 0) {
    return fail(err, lines);
  }
  const Written written = write_all(fd(), lines);
  if (written.err == 0) {
    return Unit{};
  }
  torn_bytes_ = written.bytes;
  mid_line_ = written.bytes > 0;
  cut_torn_bytes();  // now, so that nobody sees it; if that fails, again before the next line
  return fail(written.err, lines);
}

Result<> Output::reopen() {
  if (path_.empty()) {
    return Unit{};
  }
  Result<UniqueFd> fd = open_for_append(path_);
  if (!fd) {
    return std::move(fd).error();
  }
  fd_ = *std::move(fd);
  torn_bytes_ = 0;
  mid_line_ = ends_mid_line(fd_.get(), path_);
  return Unit{};
}

Result<> Output::fail(int err, std::string_view lines) {
  if (err == EPIPE) {
    closed_ = true;
  } else {
    lost_lines_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  return system_error(err, doing());
}

// Brings the file back to the end of a line. Returns an errno, 0 when it is there.
int Output::repair() {
  if (!mid_line_ || cut_torn_bytes()) {
    return 0;
  }
  const Written newline = write_all(fd(), "\n");
  if (newline.err == 0) {
    torn_bytes_ = 0;
    mid_line_ = false;
  }
  return newline.err;
}

// Only while our half line is still the end of a regular file: others may append to it too.
bool Output::cut_torn_bytes() {
  struct stat status {};
  if (torn_bytes_ == 0 || ::fstat(fd(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return false;
  }
  const off_t end = ::lseek(fd(), 0, SEEK_CUR);
  const off_t begin = end - static_cast<off_t>(torn_bytes_);
  if (end != status.st_size || begin < 0 || ::ftruncate(fd(), begin) != 0) {
    return false;
  }
  ::lseek(fd(), begin, SEEK_SET);  // for `> file`, which does not append
  torn_bytes_ = 0;
  mid_line_ = false;
  return true;
}

std::string Output::doing() const {
  return path_.empty() ? "write output" : "write output " + path_;
}

}  // namespace reloadtrace
