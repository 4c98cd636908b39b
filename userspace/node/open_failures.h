// SPDX-License-Identifier: Apache-2.0
// Matches a failed open to the file of a volume that was meant: the kernel knows only the text.
#pragma once

#include <optional>
#include <string>

#include "userspace/node/path_locator.h"
#include "userspace/node/reader_table.h"
#include "userspace/node/volume_set.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

class OpenFailures {
 public:
  OpenFailures(const VolumeSet& volumes, const PathLocator& locator)
      : volumes_(volumes), locator_(locator) {}

  // Nothing when the path leads to no volume that the process sees.
  std::optional<OpenFailedFact> resolve(const OpenFailedEvent& event,
                                        const Container* container) const;

 private:
  std::optional<Location> locate(const OpenFailedEvent& event, const Container* container) const;
  std::optional<Location> by_base_name(const OpenFailedEvent& event,
                                       const Container* container) const;

  const VolumeSet& volumes_;
  const PathLocator& locator_;
};

}  // namespace reloadtrace::node
