// SPDX-License-Identifier: Apache-2.0
// An io_uring by its raw system calls, for children that use one.
#pragma once

#include <linux/io_uring.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reloadtrace::testing {

// Lives as long as its process: what it maps is never unmapped.
class Ring {
 public:
  // `flags` are IORING_SETUP_*. Nothing if this kernel has no io_uring or not those flags.
  static std::optional<Ring> open(std::uint32_t flags = 0);

  // Submits all of them at once and returns their results, in the order of the requests, when the
  // last has completed. Overwrites user_data.
  std::vector<int> run(std::vector<io_uring_sqe> requests);
  int run(const io_uring_sqe& request) { return run(std::vector{request}).at(0); }

  // Room for direct descriptors.
  bool make_table(unsigned slots) const;
  bool register_file(int fd) const;
  bool register_buffer(void* at, std::size_t length) const;

 private:
  Ring() = default;

  int fd_ = -1;
  std::atomic<std::uint32_t>* submitted_ = nullptr;
  std::atomic<std::uint32_t>* completed_ = nullptr;
  std::atomic<std::uint32_t>* consumed_ = nullptr;
  std::uint32_t* indices_ = nullptr;
  io_uring_sqe* requests_ = nullptr;
  io_uring_cqe* completions_ = nullptr;
  std::uint32_t request_mask_ = 0;
  std::uint32_t completion_mask_ = 0;
};

// Requests. `offset` -1: from the file's position.
io_uring_sqe ring_openat(const std::string& path, int flags);
io_uring_sqe ring_read(int fd, void* to, unsigned length, std::int64_t offset);
io_uring_sqe ring_close(int fd);

}  // namespace reloadtrace::testing
