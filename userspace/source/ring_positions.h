// SPDX-License-Identifier: Apache-2.0
// How far a BPF ring buffer is written and read: libbpf tells neither before 1.3.
#pragma once

#include <cstdint>

#include "userspace/base/result.h"

namespace reloadtrace {

// A view of the two pages of counters that the kernel shares (kernel/bpf/ringbuf.c,
// struct bpf_ringbuf). Both count bytes from the ring's beginning and never fall.
class RingPositions {
 public:
  RingPositions() = default;
  RingPositions(RingPositions&& other) noexcept;
  RingPositions& operator=(RingPositions&& other) noexcept;
  RingPositions(const RingPositions&) = delete;
  RingPositions& operator=(const RingPositions&) = delete;
  ~RingPositions();

  // `ring` is the descriptor of a map, and may be closed afterwards.
  static Result<RingPositions> of(int ring);

  // All that was reserved before this call lies below, be it written to the end or not.
  std::uint64_t reserved() const;
  // What the one consumer has taken.
  std::uint64_t consumed() const;
  bool empty() const { return consumed() == reserved(); }

 private:
  void* consumer_ = nullptr;  // a page each
  void* producer_ = nullptr;
};

}  // namespace reloadtrace
