// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/ring_positions.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace reloadtrace {
namespace {

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void* map_page(int ring, std::size_t number) {
  void* const page = ::mmap(nullptr, page_size(), PROT_READ, MAP_SHARED, ring,
                            static_cast<off_t>(number * page_size()));
  return page == MAP_FAILED ? nullptr : page;
}

void unmap_page(void* page) {
  if (page != nullptr) {
    ::munmap(page, page_size());
  }
}

// Pairs with smp_store_release() of the kernel and of libbpf.
std::uint64_t load(const void* position) {
  return __atomic_load_n(static_cast<const unsigned long*>(position), __ATOMIC_ACQUIRE);
}

}  // namespace

RingPositions::RingPositions(RingPositions&& other) noexcept
    : consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)) {}

RingPositions& RingPositions::operator=(RingPositions&& other) noexcept {
  std::swap(consumer_, other.consumer_);
  std::swap(producer_, other.producer_);
  return *this;
}

RingPositions::~RingPositions() {
  unmap_page(consumer_);
  unmap_page(producer_);
}

Result<RingPositions> RingPositions::of(int ring) {
  RingPositions positions;
  positions.consumer_ = map_page(ring, 0);
  positions.producer_ = map_page(ring, 1);
  if (positions.consumer_ == nullptr || positions.producer_ == nullptr) {
    return system_error(errno, "map the positions of a ring buffer");
  }
  return positions;
}

std::uint64_t RingPositions::reserved() const {
  return load(producer_);
}

std::uint64_t RingPositions::consumed() const {
  return load(consumer_);
}

}  // namespace reloadtrace
