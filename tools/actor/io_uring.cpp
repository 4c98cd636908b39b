// SPDX-License-Identifier: Apache-2.0
#include "tools/actor/io_uring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tools/actor/files.h"

namespace reloadtrace::actor {

Ring::Ring(unsigned flags) : polled_((flags & IORING_SETUP_SQPOLL) != 0) {
  constexpr unsigned kEntries = 4;
  io_uring_params params{};
  params.flags = flags;
  fd_.reset(static_cast<int>(::syscall(SYS_io_uring_setup, kEntries, &params)));
  if (!fd_) {
    die("io_uring_setup");  // EPERM: look at /proc/sys/kernel/io_uring_disabled
  }
  char* queue = map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  tail_ = reinterpret_cast<unsigned*>(queue + params.sq_off.tail);
  mask_ = *reinterpret_cast<unsigned*>(queue + params.sq_off.ring_mask);
  flags_ = reinterpret_cast<unsigned*>(queue + params.sq_off.flags);
  index_ = reinterpret_cast<unsigned*>(queue + params.sq_off.array);
  requests_ = reinterpret_cast<io_uring_sqe*>(
      map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
  char* done =
      map(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
  done_head_ = reinterpret_cast<unsigned*>(done + params.cq_off.head);
  done_tail_ = reinterpret_cast<unsigned*>(done + params.cq_off.tail);
  done_mask_ = *reinterpret_cast<unsigned*>(done + params.cq_off.ring_mask);
  done_ = reinterpret_cast<io_uring_cqe*>(done + params.cq_off.cqes);
}

char* Ring::map(std::size_t size, off_t part) const {
  void* bytes =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), part);
  if (bytes == MAP_FAILED) {
    die("mmap of io_uring");
  }
  return static_cast<char*>(bytes);
}

int Ring::run(const io_uring_sqe& request) {
  const unsigned tail = *tail_;
  requests_[tail & mask_] = request;
  index_[tail & mask_] = tail & mask_;
  std::atomic_ref(*tail_).store(tail + 1, std::memory_order_seq_cst);
  const unsigned head = *done_head_;
  while (std::atomic_ref(*done_tail_).load(std::memory_order_acquire) == head) {
    unsigned flags = IORING_ENTER_GETEVENTS;
    if (polled_ && (std::atomic_ref(*flags_).load() & IORING_SQ_NEED_WAKEUP) != 0) {
      flags |= IORING_ENTER_SQ_WAKEUP;
    }
    // A second call after EINTR finds nothing left to submit.
    if (::syscall(SYS_io_uring_enter, fd_.get(), 1, 1, flags, nullptr, 0) < 0 && errno != EINTR) {
      die("io_uring_enter");
    }
  }
  const int result = done_[head & done_mask_].res;
  std::atomic_ref(*done_head_).store(head + 1, std::memory_order_release);
  return result;
}

void Ring::register_with(unsigned opcode, const void* argument, unsigned count) {
  if (::syscall(SYS_io_uring_register, fd_.get(), opcode, argument, count) < 0) {
    die("io_uring_register");
  }
}

}  // namespace reloadtrace::actor
