// SPDX-License-Identifier: Apache-2.0
// Says what the engine concluded.
#pragma once

#include "userspace/base/result.h"
#include "userspace/engine/report.h"

namespace reloadtrace {

class Sink {
 public:
  virtual ~Sink() = default;

  // Puts the whole report out before it returns. An error means that this report was lost here;
  // later ones may succeed (a disk that empties again).
  virtual Result<> write(const Report& report) = 0;
};

}  // namespace reloadtrace
