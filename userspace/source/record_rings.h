// SPDX-License-Identifier: Apache-2.0
// The two rings that the BPF programs write into, and when to read them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/source/ring_positions.h"
#include "userspace/source/ring_waiter.h"

struct ring_buffer;

namespace reloadtrace {

class RecordRings {
 public:
  using Use = std::function<void(std::span<const std::byte>)>;

  // `use` gets each record; the maps' descriptors outlive this. `gathering` is how long records lie
  // in the rings before wait() returns: a wakeup for each costs more than all the rest, and the
  // process that wrote it pays for half of that.
  explicit RecordRings(Use use, Duration gathering) : use_(std::move(use)), gathering_(gathering) {}
  RecordRings(const RecordRings&) = delete;
  RecordRings& operator=(const RecordRings&) = delete;

  Result<> open(int facts, int activity);
  void close();

  // Hands out what has been written by now, each ring's records in the order of their places.
  void drain();

  // All that was written up to here has been handed out. A record gets its time after its place,
  // and libbpf stops at one that is not written to its end; so once all places that were given out
  // at some moment have been read, no older record can come any more.
  Timestamp drained() const { return drained_; }

  // Until it is time to drain, at most until `deadline`. `waiting`: the caller has records that
  // wait for others. False: a signal came.
  Result<bool> wait(Timestamp deadline, bool waiting);

 private:
  struct Deleter {
    void operator()(ring_buffer* buffer) const;
  };

  struct Ring {
    Result<> open(int map, const Use& to);
    void drain();
    bool is_drained() const { return positions.consumed() >= target; }

    const Use* use = nullptr;
    std::unique_ptr<ring_buffer, Deleter> buffer;
    RingPositions positions;
    std::uint64_t target = 0;  // where to stop: what is written later is for the next time
  };

  static int on_record(void* ring, void* data, std::size_t size);
  bool empty() const;

  Use use_;
  Duration gathering_;
  // Facts last: of two records of one time the application's comes second all the same, but a fact
  // that is already written is never missed because activity took long.
  std::array<Ring, 2> rings_;
  RingWaiter waiter_;
  Timestamp drain_start_;
  Timestamp drained_;
};

}  // namespace reloadtrace
