// SPDX-License-Identifier: Apache-2.0
// An io_uring by its system calls, one request at a time; liburing is no dependency for three
// requests.
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "userspace/base/unique_fd.h"
#include "userspace/source/self_test_acts.h"

namespace reloadtrace {
namespace {

constexpr unsigned kEntries = 1;

// What it maps goes with the process.
class Ring {
 public:
  // False where the kernel has none, or does not let us use it.
  bool open() {
    fd_ = UniqueFd(static_cast<int>(::syscall(SYS_io_uring_setup, kEntries, &shape_)));
    if (!fd_ || (shape_.features & IORING_FEAT_SINGLE_MMAP) == 0) {
      return false;
    }
    const std::size_t length =
        std::max(shape_.sq_off.array + shape_.sq_entries * sizeof(std::uint32_t),
                 shape_.cq_off.cqes + shape_.cq_entries * sizeof(io_uring_cqe));
    base_ = map(length, IORING_OFF_SQ_RING);
    request_ = map(shape_.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
    return base_ != nullptr && request_ != nullptr;
  }

  // Its result, once it has completed: as that of the system call, negative for an error.
  int run(const io_uring_sqe& request) {
    *reinterpret_cast<io_uring_sqe*>(request_) = request;
    *at<std::uint32_t>(shape_.sq_off.array) = 0;
    std::atomic_ref(*at<std::uint32_t>(shape_.sq_off.tail)).fetch_add(1);
    if (::syscall(SYS_io_uring_enter, fd_.get(), 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) != 1) {
      return -EIO;
    }
    const auto head = std::atomic_ref(*at<std::uint32_t>(shape_.cq_off.head)).fetch_add(1);
    const std::uint32_t mask = *at<std::uint32_t>(shape_.cq_off.ring_mask);
    return at<io_uring_cqe>(shape_.cq_off.cqes)[head & mask].res;
  }

 private:
  std::byte* map(std::size_t length, off_t what) const {
    void* at = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), what);
    return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
  }
  template <typename T>
  T* at(std::uint32_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }

  io_uring_params shape_{};
  UniqueFd fd_;
  std::byte* base_ = nullptr;
  std::byte* request_ = nullptr;
};

io_uring_sqe to_open(const char* path) {
  io_uring_sqe sqe{};
  sqe.opcode = IORING_OP_OPENAT;
  sqe.fd = AT_FDCWD;
  sqe.addr = reinterpret_cast<std::uintptr_t>(path);
  sqe.open_flags = O_RDONLY | O_CLOEXEC | kMarkOfRing;
  return sqe;
}

io_uring_sqe to_read(int fd, char* to, std::uint32_t length) {
  io_uring_sqe sqe{};
  sqe.opcode = IORING_OP_READ;
  sqe.fd = fd;
  sqe.addr = reinterpret_cast<std::uintptr_t>(to);
  sqe.len = length;
  return sqe;
}

}  // namespace

TriedHooks act_with_ring(const char* file) {
  Ring ring;
  if (!ring.open()) {
    return 0;
  }
  TriedHooks done = 0;
  const UniqueFd fd(ring.run(to_open(file)));
  std::array<char, 16> buffer{};
  if (fd && ring.run(to_read(fd.get(), buffer.data(), buffer.size())) > 0) {
    done |= tried(HookId::IoUring);
  }
  // A name that is looked for, in a directory that is not there.
  std::array<char, 128> missing{};
  std::snprintf(missing.data(), missing.size(), "none/%s", file);
  if (ring.run(to_open(missing.data())) == -ENOENT) {
    done |= tried(HookId::IoUringFailed);
  }
  return done;
}

}  // namespace reloadtrace
