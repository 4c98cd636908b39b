// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/content_ids.h"

#include <unistd.h>

#include <cerrno>
#include <random>

namespace reloadtrace::node {

namespace {

constexpr std::size_t kBufferBytes = 64U << 10U;

std::uint64_t random_word() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

ContentIds::ContentIds() : key_{random_word(), random_word()}, buffer_(kBufferBytes) {}

std::uint64_t ContentIds::number(const Digest& digest) {
  return numbers_.try_emplace(digest, numbers_.size() + 1).first->second;
}

std::uint64_t ContentIds::of(std::span<const std::byte> bytes) {
  SipHash128 hash(key_);
  hash.update(bytes);
  return number(hash.finish());
}

std::uint64_t ContentIds::of_file(int fd, const struct stat& status) {
  SipHash128 hash(key_);
  std::uint64_t total = 0;
  while (static_cast<std::uint64_t>(status.st_size) <= kMaxBytes && total <= kMaxBytes) {
    const ssize_t count = ::pread(fd, buffer_.data(), buffer_.size(), static_cast<off_t>(total));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return 0;
    }
    if (count == 0) {
      return number(hash.finish());
    }
    hash.update(std::span(buffer_).first(static_cast<std::size_t>(count)));
    total += static_cast<std::uint64_t>(count);
  }
  // Too large, or growing while it is read. Another key keeps such a digest apart from that of a
  // file which holds just these words.
  const std::array<std::uint64_t, 4> facts{
      static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_mtim.tv_sec),
      static_cast<std::uint64_t>(status.st_mtim.tv_nsec), status.st_ino};
  SipHash128 large({key_[0] ^ 1U, key_[1]});
  large.update(std::as_bytes(std::span(facts)));
  return number(large.finish());
}

}  // namespace reloadtrace::node
