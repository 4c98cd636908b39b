// SPDX-License-Identifier: Apache-2.0
// Applications that watch DIR and reread at each swap by io_uring, without an open or read call.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/io_uring.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

alignas(4096) std::array<char, 4096> buffer;

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

io_uring_sqe open_request(const std::string& path) {
  io_uring_sqe request{};
  request.opcode = IORING_OP_OPENAT;
  request.fd = AT_FDCWD;
  request.addr = address(path.c_str());
  request.open_flags = O_RDONLY | O_CLOEXEC;
  return request;
}

io_uring_sqe read_request(int fd) {
  io_uring_sqe request{};
  request.opcode = IORING_OP_READ;
  request.fd = fd;
  request.addr = address(buffer.data());
  request.len = static_cast<unsigned>(buffer.size());
  return request;
}

// Opens by `open`, then reads by `read` until it returns 0. False when the open failed.
bool read_by(Ring& ring, const std::string& file, io_uring_sqe open, io_uring_sqe read) {
  const int fd = ring.run(open);
  if (fd < 0) {
    say("open " + file + " failed: " + std::strerror(-fd));
    return false;
  }
  const bool fixed = (read.flags & IOSQE_FIXED_FILE) != 0;  // then `fd` is 0 and no descriptor
  const UniqueFd closes(fixed ? -1 : fd);
  read.fd = fd;
  std::string content;
  for (;;) {
    read.off = content.size();
    const int got = ring.run(read);
    if (got < 0) {
      errno = -got;
      die("io_uring read " + file);
    }
    if (got == 0) {
      break;
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  say_read(file, content);
  return true;
}

void plain(const Settings& settings, const std::string& file) {
  static Ring ring;
  read_by(ring, file, open_request(path_of(settings, file)), read_request(0));
}

void vectored(const Settings& settings, const std::string& file) {
  static Ring ring;
  const iovec part{buffer.data(), buffer.size()};
  io_uring_sqe read = read_request(0);
  read.opcode = IORING_OP_READV;
  read.addr = address(&part);
  read.len = 1;
  read_by(ring, file, open_request(path_of(settings, file)), read);
}

void registered_buffer(const Settings& settings, const std::string& file) {
  static Ring ring;
  static bool registered = false;
  if (!registered) {
    const iovec part{buffer.data(), buffer.size()};
    ring.register_with(IORING_REGISTER_BUFFERS, &part, 1);
    registered = true;
  }
  io_uring_sqe read = read_request(0);
  read.opcode = IORING_OP_READ_FIXED;
  read_by(ring, file, open_request(path_of(settings, file)), read);
}

void by_openat2(const Settings& settings, const std::string& file) {
  static Ring ring;
  const std::string path = path_of(settings, file);
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC;
  io_uring_sqe open = open_request(path);
  open.opcode = IORING_OP_OPENAT2;
  open.open_flags = 0;
  open.len = sizeof how;
  open.off = address(&how);
  read_by(ring, file, open, read_request(0));
}

// Both requests run in iou-wrk threads, which the kernel starts for it.
void by_workers(const Settings& settings, const std::string& file) {
  static Ring ring;
  const std::string path = path_of(settings, file);
  io_uring_sqe open = open_request(path);
  io_uring_sqe read = read_request(0);
  open.flags |= IOSQE_ASYNC;
  read.flags |= IOSQE_ASYNC;
  read_by(ring, file, open, read);
}

// The kernel's iou-sqp thread takes the requests: once it runs, the application calls nothing.
void polled(const Settings& settings, const std::string& file) {
  static Ring ring(IORING_SETUP_SQPOLL);
  const std::string path = path_of(settings, file);
  read_by(ring, file, open_request(path), read_request(0));
}

// The file is in the ring's own table and never has a descriptor.
void direct(const Settings& settings, const std::string& file) {
  static Ring ring;
  static bool registered = false;
  if (!registered) {
    const int none = -1;
    ring.register_with(IORING_REGISTER_FILES, &none, 1);
    registered = true;
  }
  const std::string path = path_of(settings, file);
  io_uring_sqe open = open_request(path);
  open.open_flags = O_RDONLY;  // O_CLOEXEC is an error here
  open.file_index = 1;         // counts from 1; reads count from 0
  io_uring_sqe read = read_request(0);
  read.flags |= IOSQE_FIXED_FILE;
  if (read_by(ring, file, open, read)) {
    io_uring_sqe close{};
    close.opcode = IORING_OP_CLOSE;
    close.file_index = 1;
    ring.run(close);
  }
}

constexpr Behaviour kUringReaders[] = {
    {"uring-reader", "watches DIR, rereads FILEs by io_uring OPENAT and READ", on_swap<plain>},
    {"uring-readv-reader", "the same by READV", on_swap<vectored>},
    {"uring-fixed-reader", "the same by READ_FIXED into a registered buffer",
     on_swap<registered_buffer>},
    {"uring-openat2-reader", "the same by OPENAT2", on_swap<by_openat2>},
    {"uring-worker-reader", "the same in io_uring's worker threads", on_swap<by_workers>},
    {"uring-polled-reader", "the same by the kernel's submission thread", on_swap<polled>},
    {"uring-direct-reader", "the same with files that have no descriptor", on_swap<direct>},
};

}  // namespace

std::span<const Behaviour> uring_readers() {
  return kUringReaders;
}

}  // namespace reloadtrace::actor
