// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein; reference vectors in the test).
//
// A keyed hash: nobody who does not know the key can find two inputs with one digest, or tell from
// a digest what was hashed.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace reloadtrace::node {

struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Digest&) const = default;
};

// Feed it any number of pieces, then ask once.
class SipHash128 {
 public:
  explicit SipHash128(std::array<std::uint64_t, 2> key);
  void update(std::span<const std::byte> bytes);
  Digest finish();

 private:
  void round();
  void compress(std::uint64_t word);

  std::array<std::uint64_t, 4> v_;
  std::uint64_t pending_ = 0;  // bytes that do not fill a word yet
  std::uint64_t length_ = 0;
};

}  // namespace reloadtrace::node
