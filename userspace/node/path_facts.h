// SPDX-License-Identifier: Apache-2.0
// Matches looks at a path, and watches that failed, to the place of a volume that was meant: the
// kernel knows only the text.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/node/path_locator.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

class PathFacts {
 public:
  explicit PathFacts(const PathLocator& locator) : locator_(locator) {}

  // Nothing when the path leads to no volume that the process sees.
  std::optional<PollFact> resolve(const PollEvent& event, const Container* container) const;
  // The same; but one without a path is of no volume.
  std::optional<WatchFailedFact> resolve(const WatchFailedEvent& event,
                                         const Container* container) const;

 private:
  const PathLocator& locator_;
};

}  // namespace reloadtrace::node
