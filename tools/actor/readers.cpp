// SPDX-License-Identifier: Apache-2.0
// Applications that watch DIR and reread at each swap, each by another system call.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

constexpr std::size_t kChunk = 65536;  // what a pipe holds

// Calls `read` with the number of bytes so far and a buffer of `size` bytes until it returns 0.
template <class Read>
void read_to_end(const std::string& file, std::size_t size, Read read) {
  std::string content;
  std::string buffer(size, '\0');
  for (;;) {
    const ssize_t got = read(static_cast<off_t>(content.size()), buffer);
    if (got < 0) {
      die("read " + file);
    }
    if (got == 0) {
      break;
    }
    content.append(buffer, 0, static_cast<std::size_t>(got));
  }
  say_read(file, content);
}

// Calls `move`, which puts bytes of the file into a pipe, until it returns 0.
template <class Move>
void through_pipe(const Settings& settings, const std::string& file, Move move) {
  const UniqueFd fd = open_or_say(settings, file);
  std::array<int, 2> ends;
  if (!fd || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return;
  }
  const UniqueFd out(ends[0]);
  const UniqueFd in(ends[1]);
  read_to_end(file, kChunk, [&](off_t, std::string& buffer) {
    const ssize_t moved = move(fd.get(), in.get());
    return moved <= 0 ? moved : ::read(out.get(), buffer.data(), static_cast<std::size_t>(moved));
  });
}

void by_sendfile(const Settings& settings, const std::string& file) {
  through_pipe(settings, file,
               [](int from, int to) { return ::sendfile(to, from, nullptr, kChunk); });
}

void by_splice(const Settings& settings, const std::string& file) {
  through_pipe(settings, file,
               [](int from, int to) { return ::splice(from, nullptr, to, nullptr, kChunk, 0); });
}

// Like cp: where the kernel does not copy between file systems, by read.
void by_copy_file_range(const Settings& settings, const std::string& file) {
  const UniqueFd from = open_or_say(settings, file);
  const std::string copy = settings.temporary + "/reloadtrace-actor.copy";
  const UniqueFd to(::open(copy.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!from || !to) {
    return;
  }
  ssize_t got = 0;
  while ((got = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, kChunk, 0)) > 0) {
  }
  if (got < 0) {
    say("copy_file_range " + file + " failed, reading instead");
    say_read(file, content_of(from.get()));
    return;
  }
  ::lseek(to.get(), 0, SEEK_SET);
  say_read(file, content_of(to.get()));
}

// Like tail and readers of archives: the last piece first, and no read that returns 0.
void backwards(const Settings& settings, const std::string& file) {
  const UniqueFd fd = open_or_say(settings, file);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return;
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t end = content.size(); end > 0;) {
    const std::size_t begin = end - std::min(end, settings.piece);
    if (::pread(fd.get(), content.data() + begin, end - begin, static_cast<off_t>(begin)) < 0) {
      die("pread " + file);
    }
    end = begin;
  }
  say_read(file, content);
}

void in_pieces(const Settings& settings, const std::string& file) {
  const UniqueFd fd = open_or_say(settings, file);
  if (fd) {
    read_to_end(file, settings.piece, [&fd](off_t, std::string& buffer) {
      return ::read(fd.get(), buffer.data(), buffer.size());
    });
  }
}

// Calls `read` with one piece and the rest of the buffer as its second part.
template <class Read>
void scattered(const Settings& settings, const std::string& file, Read read) {
  const UniqueFd fd = open_or_say(settings, file);
  if (fd) {
    read_to_end(file, 4096 + settings.piece, [&](off_t at, std::string& buffer) {
      const std::array<iovec, 2> parts = {iovec{buffer.data(), settings.piece},
                                          iovec{buffer.data() + settings.piece, 4096}};
      return read(fd.get(), parts.data(), 2, at);
    });
  }
}

void by_readv(const Settings& settings, const std::string& file) {
  scattered(settings, file,
            [](int fd, const iovec* parts, int count, off_t) { return ::readv(fd, parts, count); });
}

void by_preadv(const Settings& settings, const std::string& file) {
  scattered(settings, file, ::preadv);
}

void by_preadv2(const Settings& settings, const std::string& file) {
  scattered(settings, file, [](int fd, const iovec* parts, int count, off_t at) {
    return ::preadv2(fd, parts, count, at, 0);
  });
}

constexpr Behaviour kReaders[] = {
    {"sendfile-reader", "watches DIR, rereads FILEs by sendfile() to a pipe", on_swap<by_sendfile>},
    {"splice-reader", "the same by splice()", on_swap<by_splice>},
    {"copy-range-reader", "the same by copy_file_range() to a file", on_swap<by_copy_file_range>},
    {"backward-reader", "the same by pread() of pieces, the last one first", on_swap<backwards>},
    {"piece-reader", "the same by read() of pieces", on_swap<in_pieces>},
    {"readv-reader", "the same by readv()", on_swap<by_readv>},
    {"preadv-reader", "the same by preadv()", on_swap<by_preadv>},
    {"preadv2-reader", "the same by preadv2()", on_swap<by_preadv2>},
};

}  // namespace

std::span<const Behaviour> readers() {
  return kReaders;
}

}  // namespace reloadtrace::actor
