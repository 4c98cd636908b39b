// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/siphash.h"

#include <bit>
#include <cstring>

namespace reloadtrace::node {

SipHash128::SipHash128(std::array<std::uint64_t, 2> key)
    : v_{0x736f6d6570736575ULL ^ key[0], 0x646f72616e646f6dULL ^ key[1] ^ 0xEEU,
         0x6c7967656e657261ULL ^ key[0], 0x7465646279746573ULL ^ key[1]} {}

void SipHash128::round() {
  v_[0] += v_[1];
  v_[1] = std::rotl(v_[1], 13) ^ v_[0];
  v_[0] = std::rotl(v_[0], 32);
  v_[2] += v_[3];
  v_[3] = std::rotl(v_[3], 16) ^ v_[2];
  v_[0] += v_[3];
  v_[3] = std::rotl(v_[3], 21) ^ v_[0];
  v_[2] += v_[1];
  v_[1] = std::rotl(v_[1], 17) ^ v_[2];
  v_[2] = std::rotl(v_[2], 32);
}

void SipHash128::compress(std::uint64_t word) {
  v_[3] ^= word;
  round();
  round();
  v_[0] ^= word;
}

void SipHash128::update(std::span<const std::byte> bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (length_ % 8 == 0 && bytes.size() - i >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, sizeof(word));  // little-endian, as all we run on
      compress(word);
      i += 8;
      length_ += 8;
      continue;
    }
    pending_ |= std::to_integer<std::uint64_t>(bytes[i]) << (length_ % 8 * 8);
    ++i;
    if (++length_ % 8 == 0) {
      compress(pending_);
      pending_ = 0;
    }
  }
}

Digest SipHash128::finish() {
  compress(pending_ | length_ << 56U);
  const auto four_rounds = [this] {
    for (int i = 0; i < 4; ++i) {
      round();
    }
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  };
  Digest digest;
  v_[2] ^= 0xEEU;
  digest.low = four_rounds();
  v_[1] ^= 0xDDU;
  digest.high = four_rounds();
  return digest;
}

}  // namespace reloadtrace::node
