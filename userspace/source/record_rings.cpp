// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/record_rings.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "userspace/source/kernel_probe.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// A record is reserved before it gets its time, but another CPU may see the two in either order,
// and the clocks of two CPUs are not of one mind to the last nanosecond.
constexpr auto kClockDoubt = 20us;

}  // namespace

void RecordRings::Deleter::operator()(ring_buffer* buffer) const {
  ring_buffer__free(buffer);
}

int RecordRings::on_record(void* ring, void* data, std::size_t size) {
  const auto* from = static_cast<const Ring*>(ring);
  (*from->use)({static_cast<const std::byte*>(data), size});
  // Enough for now: whoever writes faster than we read must not keep us from delivering.
  return from->is_drained() ? -ECANCELED : 0;
}

Result<> RecordRings::Ring::open(int map, const Use& to) {
  use = &to;
  buffer.reset(ring_buffer__new(map, &on_record, this, nullptr));
  if (!buffer) {
    return system_error(errno, "map a ring buffer");
  }
  auto opened = RingPositions::of(map);
  if (!opened) {
    return std::move(opened).error();
  }
  positions = *std::move(opened);
  return Unit{};
}

void RecordRings::Ring::drain() {
  if (!is_drained()) {
    ring_buffer__consume(buffer.get());
  }
}

Result<> RecordRings::open(int facts, int activity) {
  if (auto opened = rings_[0].open(activity, use_); !opened) {
    return opened;
  }
  if (auto opened = rings_[1].open(facts, use_); !opened) {
    return opened;
  }
  return waiter_.open({facts, activity});
}

void RecordRings::close() {
  for (Ring& ring : rings_) {
    ring = {};
  }
}

void RecordRings::drain() {
  drain_start_ = monotonic_now();
  for (Ring& ring : rings_) {
    ring.target = ring.positions.reserved();
  }
  for (Ring& ring : rings_) {
    ring.drain();
  }
  if (std::ranges::all_of(rings_, &Ring::is_drained)) {
    drained_ = drain_start_ - kClockDoubt;
  }
}

bool RecordRings::empty() const {
  // The kernel wakes us for a record only where it sees that we had taken the one before.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return std::ranges::all_of(rings_, [](const Ring& ring) { return ring.positions.empty(); });
}

Result<bool> RecordRings::wait(Timestamp deadline, bool waiting) {
  Timestamp due = drain_start_ + gathering_;
  if (!waiting && empty()) {
    auto woken = waiter_.wait(deadline);
    if (!woken || !*woken || empty()) {
      return woken;
    }
    due = monotonic_now() + gathering_;
  }
  return waiter_.pause(std::min(due, deadline));
}

}  // namespace reloadtrace
