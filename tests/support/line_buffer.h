// SPDX-License-Identifier: Apache-2.0
// Lines that arrive on a pipe, kept until somebody asks for them.
//
// A thread reads as lines come, so the writer never blocks on a full pipe and no line is lost.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

class LineBuffer {
 public:
  explicit LineBuffer(UniqueFd pipe);
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;
  // Does not wait for writers that still hold the pipe.
  ~LineBuffer();

  // The next line that nobody has taken yet; nothing at the end or when `timeout` has passed.
  std::optional<std::string> next(std::chrono::milliseconds timeout);
  std::optional<std::string> next_by(std::chrono::steady_clock::time_point deadline);
  // Takes lines up to and including the first that contains `text`.
  std::optional<std::string> wait_for(std::string_view text, std::chrono::milliseconds timeout);
  // True once `text` has come, taken or not: what several threads of a program say comes in
  // no order.
  bool wait_until_said(std::string_view text, std::chrono::milliseconds timeout);
  // True when every writer has closed the pipe within `timeout`.
  bool wait_for_end(std::chrono::milliseconds timeout);
  // All lines so far, taken or not. A last one without newline counts once the pipe has ended.
  std::vector<std::string> all() const;
  // The bytes so far, as they came.
  std::string text() const;

 private:
  void read_until_end();

  UniqueFd pipe_;
  UniqueFd stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::vector<std::string> lines_;
  std::size_t taken_ = 0;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace reloadtrace::testing
