// SPDX-License-Identifier: Apache-2.0
// What others hand over to the screen's thread, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "userspace/base/unique_fd.h"
#include "userspace/engine/report.h"
#include "userspace/engine/roster.h"

namespace reloadtrace::live {

class Inbox {
 public:
  using Item = std::variant<Report, Roster, std::string>;
  struct Taken {
    std::vector<Item> items;
    std::uint64_t dropped = 0;  // since the last take()
  };

  explicit Inbox(std::size_t capacity);

  // Readable when there is something to take.
  int fd() const { return wake_.get(); }

  // From any thread; never waits. False when it was full and the item was dropped.
  bool put(Item item);
  Taken take();

 private:
  const std::size_t capacity_;
  UniqueFd wake_;
  std::mutex mutex_;  // of what follows
  Taken waiting_;
};

}  // namespace reloadtrace::live
