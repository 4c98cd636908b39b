// SPDX-License-Identifier: Apache-2.0
// Matches a failed open to the file of a volume that was meant: the kernel knows only the text.
#pragma once

#include <optional>

#include "userspace/node/path_locator.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

class OpenFailures {
 public:
  explicit OpenFailures(const PathLocator& locator) : locator_(locator) {}

  // Nothing when the path leads to no volume that the process sees.
  std::optional<OpenFailedFact> resolve(const OpenFailedEvent& event,
                                        const Container* container) const;

 private:
  const PathLocator& locator_;
};

}  // namespace reloadtrace::node
