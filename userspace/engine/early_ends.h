// SPDX-License-Identifier: Apache-2.0
// Readers that ended because of a publish that was not seen yet.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "userspace/engine/model.h"

namespace reloadtrace {

class World;

// A watcher hears of a swap inside the rename, and the rename is seen when it returns: on a busy
// node the publisher is preempted in between (3 ms were seen), and one that ends to be started
// anew has ended by then. It was a reader of that publish all the same.
class EarlyEnds {
 public:
  struct End {
    Timestamp at;
    std::string evidence;
    std::unique_ptr<Reader> reader;
  };

  // Of a reader that the world knows no more.
  void keep(End end);
  // What ended readers had of this volume when they heard of this publish.
  std::vector<const End*> of(const Publish& publish, VolumeId volume) const;

 private:
  std::deque<End> ends_;  // in their order; bounded
};

// Whether it heard of a swap that no publish is known for, just before it ended.
bool heard_of_more(const Reader& reader, Timestamp end, const World& world);

}  // namespace reloadtrace
