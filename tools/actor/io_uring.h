// SPDX-License-Identifier: Apache-2.0
// One io_uring by its bare system calls: static programs here link no liburing.
#pragma once

#include <linux/io_uring.h>

#include <cstddef>

#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {

class Ring {
 public:
  // `flags` as for io_uring_setup(); dies when the kernel gives no ring.
  explicit Ring(unsigned flags = 0);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Submits one request and waits for its completion. Returns its result: -errno, or what the
  // system call of its name would return.
  int run(const io_uring_sqe& request);
  // Dies when the kernel refuses.
  void register_with(unsigned opcode, const void* argument, unsigned count);

 private:
  // Maps a part of the ring, for as long as the process lives.
  char* map(std::size_t size, off_t part) const;

  UniqueFd fd_;
  bool polled_ = false;  // by a thread of the kernel
  unsigned* tail_ = nullptr;
  unsigned mask_ = 0;
  unsigned* flags_ = nullptr;
  unsigned* index_ = nullptr;
  io_uring_sqe* requests_ = nullptr;
  unsigned* done_head_ = nullptr;
  unsigned* done_tail_ = nullptr;
  unsigned done_mask_ = 0;
  io_uring_cqe* done_ = nullptr;
};

}  // namespace reloadtrace::actor
