// SPDX-License-Identifier: Apache-2.0
#include "tests/support/line_buffer.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

#include "tests/support/patience.h"

namespace reloadtrace::testing {

LineBuffer::LineBuffer(UniqueFd pipe)
    : pipe_(std::move(pipe)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { read_until_end(); }) {}

LineBuffer::~LineBuffer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void LineBuffer::read_until_end() {
  std::string partial;
  std::array<char, 65536> buffer;
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{pipe_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
      continue;
    }
    if (fds[1].revents != 0) {
      break;
    }
    const ssize_t got = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    partial.append(buffer.data(), static_cast<std::size_t>(got));
    const std::lock_guard lock(mutex_);
    text_.append(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t end = partial.find('\n'); end != std::string::npos; end = partial.find('\n')) {
      lines_.push_back(partial.substr(0, end));
      partial.erase(0, end + 1);
    }
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  if (!partial.empty()) {
    lines_.push_back(partial);
  }
  ended_ = true;
  changed_.notify_all();
}

std::optional<std::string> LineBuffer::next(std::chrono::milliseconds timeout) {
  return next_by(std::chrono::steady_clock::now() + patient(timeout));
}

std::optional<std::string> LineBuffer::next_by(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return taken_ < lines_.size() || ended_; });
  if (taken_ == lines_.size()) {
    return std::nullopt;
  }
  return lines_[taken_++];
}

std::optional<std::string> LineBuffer::wait_for(std::string_view text,
                                                std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + patient(timeout);
  for (;;) {
    auto line = next_by(deadline);
    if (!line || line->find(text) != std::string::npos) {
      return line;
    }
  }
}

bool LineBuffer::wait_until_said(std::string_view text, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto is_said = [&] { return text_.find(text) != std::string::npos; };
  changed_.wait_for(lock, patient(timeout), [&] { return is_said() || ended_; });
  return is_said();
}

bool LineBuffer::wait_for_end(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patient(timeout), [this] { return ended_; });
}

std::vector<std::string> LineBuffer::all() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

std::string LineBuffer::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

}  // namespace reloadtrace::testing
