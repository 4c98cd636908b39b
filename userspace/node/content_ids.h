// SPDX-License-Identifier: Apache-2.0
// Numbers for file contents: equal bytes, equal number, for as long as the tracer runs.
//
// The number says nothing else. Contents are hashed with a key that is drawn anew each time and
// never leaves this object, so that neither a recording nor a report allows to guess what a Secret
// holds.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "userspace/node/siphash.h"

namespace reloadtrace::node {

class ContentIds {
 public:
  // A file larger than this is told apart by size, modification time and inode, not by its bytes.
  static constexpr std::uint64_t kMaxBytes = 64U << 20U;

  ContentIds();

  std::uint64_t of(std::span<const std::byte> bytes);

  // Reads an open regular file from its start. 0 = it could not be read.
  std::uint64_t of_file(int fd, const struct stat& status);

 private:
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
      return static_cast<std::size_t>(digest.low);
    }
  };

  std::uint64_t number(const Digest& digest);

  std::array<std::uint64_t, 2> key_;
  std::vector<std::byte> buffer_;
  std::unordered_map<Digest, std::uint64_t, DigestHash> numbers_;
};

}  // namespace reloadtrace::node
