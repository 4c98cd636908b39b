// SPDX-License-Identifier: Apache-2.0
// Where a sink's bytes go: standard output or a file.
//
// Whole lines or nothing: each write() is one write(2) where the kernel allows it, nothing is kept
// back in a buffer, and half a line that a full disk left behind is removed (or, where that cannot
// be, ended) before the next line is written.
//
// A SIGKILL in the middle of a write may tear that one line where it crosses a page of the file:
// generic_perform_write() (mm/filemap.c) looks for fatal signals between pages. Whoever opens the
// file next ends it. It is not cut off, for a log shipper may have read it already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// The caller ignores SIGPIPE, and SIGXFSZ if it sets file size limits.
class Output {
 public:
  // Standard output; it stays open when this goes.
  static Result<Output> standard_output();
  // Appends to `path`, which is created if need be.
  static Result<Output> open(std::string path);
  // Any descriptor; nothing to reopen.
  static Output of(UniqueFd fd) { return Output(std::move(fd), {}); }

  // Blocks until all of `lines` (one report, ending in '\n') is out. On an error the lines are lost
  // and counted, and the next write may succeed. When the reader of a pipe has gone, closed() turns
  // true and this and every later write fails with EPIPE, uncounted: time to end quietly.
  Result<> write(std::string_view lines);

  // Opens the path anew (logrotate has moved the file). On an error the old file is kept. Without a
  // path nothing happens.
  Result<> reopen();

  bool closed() const { return closed_; }
  std::uint64_t lost_lines() const { return lost_lines_; }
  // For isatty() and the like.
  int fd() const { return fd_.get(); }

 private:
  Output(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<> fail(int err, std::string_view lines);
  int repair();
  bool cut_torn_bytes();
  std::string doing() const;

  UniqueFd fd_;
  std::string path_;  // empty: cannot be reopened
  std::uint64_t lost_lines_ = 0;
  std::size_t torn_bytes_ = 0;  // of a half line that we wrote
  bool mid_line_ = false;       // the file's last byte is not a '\n'
  bool closed_ = false;
};

}  // namespace reloadtrace
