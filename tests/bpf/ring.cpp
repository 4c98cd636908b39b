// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace reloadtrace::testing {
namespace {

constexpr unsigned kEntries = 32;

template <typename T>
T* map(int fd, std::size_t length, off_t what) {
  void* at = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, what);
  return at == MAP_FAILED ? nullptr : static_cast<T*>(at);
}

template <typename T>
T* in(char* base, std::uint32_t offset) {
  return reinterpret_cast<T*>(base + offset);
}

}  // namespace

std::optional<Ring> Ring::open(std::uint32_t flags) {
  using Index = std::atomic<std::uint32_t>;
  io_uring_params p{};
  p.flags = flags;
  Ring ring;
  ring.fd_ = static_cast<int>(::syscall(SYS_io_uring_setup, kEntries, &p));
  if (ring.fd_ < 0 || (p.features & IORING_FEAT_SINGLE_MMAP) == 0) {
    return std::nullopt;
  }
  const std::size_t length = std::max(p.sq_off.array + p.sq_entries * sizeof(std::uint32_t),
                                      p.cq_off.cqes + p.cq_entries * sizeof(io_uring_cqe));
  char* base = map<char>(ring.fd_, length, IORING_OFF_SQ_RING);
  ring.requests_ =
      map<io_uring_sqe>(ring.fd_, p.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
  if (base == nullptr || ring.requests_ == nullptr) {
    return std::nullopt;
  }
  ring.submitted_ = in<Index>(base, p.sq_off.tail);
  ring.indices_ = in<std::uint32_t>(base, p.sq_off.array);
  ring.request_mask_ = *in<std::uint32_t>(base, p.sq_off.ring_mask);
  ring.consumed_ = in<Index>(base, p.cq_off.head);
  ring.completed_ = in<Index>(base, p.cq_off.tail);
  ring.completion_mask_ = *in<std::uint32_t>(base, p.cq_off.ring_mask);
  ring.completions_ = in<io_uring_cqe>(base, p.cq_off.cqes);
  return ring;
}

std::vector<int> Ring::run(std::vector<io_uring_sqe> requests) {
  const auto count = static_cast<std::uint32_t>(requests.size());
  std::uint32_t tail = submitted_->load();
  for (std::uint32_t i = 0; i < count; ++i, ++tail) {
    requests[i].user_data = i;
    requests_[tail & request_mask_] = requests[i];
    indices_[tail & request_mask_] = tail & request_mask_;
  }
  submitted_->store(tail);
  std::vector<int> results(count, -1);
  std::uint32_t to_submit = count;
  for (std::uint32_t seen = 0; seen < count;) {
    // The wakeup is for a thread that polls the queue and sleeps; others do not mind.
    if (::syscall(SYS_io_uring_enter, fd_, to_submit, 1,
                  IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, nullptr, 0) < 0) {
      return results;
    }
    to_submit = 0;
    std::uint32_t head = consumed_->load();
    for (; head != completed_->load(); ++head, ++seen) {
      const io_uring_cqe& completion = completions_[head & completion_mask_];
      results.at(completion.user_data) = completion.res;
    }
    consumed_->store(head);
  }
  return results;
}

bool Ring::make_table(unsigned slots) const {
  io_uring_rsrc_register table{};
  table.nr = slots;
  table.flags = IORING_RSRC_REGISTER_SPARSE;
  return ::syscall(SYS_io_uring_register, fd_, IORING_REGISTER_FILES2, &table, sizeof table) == 0;
}

bool Ring::register_file(int fd) const {
  return ::syscall(SYS_io_uring_register, fd_, IORING_REGISTER_FILES, &fd, 1) == 0;
}

bool Ring::register_buffer(void* at, std::size_t length) const {
  const iovec buffer{at, length};
  return ::syscall(SYS_io_uring_register, fd_, IORING_REGISTER_BUFFERS, &buffer, 1) == 0;
}

io_uring_sqe ring_openat(const std::string& path, int flags) {
  io_uring_sqe sqe{};
  sqe.opcode = IORING_OP_OPENAT;
  sqe.fd = AT_FDCWD;
  sqe.addr = reinterpret_cast<std::uintptr_t>(path.c_str());
  sqe.open_flags = static_cast<std::uint32_t>(flags);
  return sqe;
}

io_uring_sqe ring_read(int fd, void* to, unsigned length, std::int64_t offset) {
  io_uring_sqe sqe{};
  sqe.opcode = IORING_OP_READ;
  sqe.fd = fd;
  sqe.addr = reinterpret_cast<std::uintptr_t>(to);
  sqe.len = length;
  sqe.off = static_cast<std::uint64_t>(offset);
  return sqe;
}

io_uring_sqe ring_close(int fd) {
  io_uring_sqe sqe{};
  sqe.opcode = IORING_OP_CLOSE;
  sqe.fd = fd;
  return sqe;
}

}  // namespace reloadtrace::testing
