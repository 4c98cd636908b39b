// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/open_failures.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"

namespace reloadtrace::node {

std::optional<OpenFailedFact> OpenFailures::resolve(const OpenFailedEvent& event,
                                                    const Container* container) const {
  const auto location = locator_.find(container, event.origin.tgid, event.dfd, event.path);
  if (!location || location->below_root.empty()) {
    return std::nullopt;
  }
  const Volume& volume = *location->volume;
  PlaceInVolume place = volume.place(location->below_root);
  // Named by its visible link, or by its place in the generation: the same file.
  if (place.path.empty()) {
    return std::nullopt;
  }
  OpenFailedFact fact;
  fact.at = event.origin.at;
  fact.tgid = event.origin.tgid;
  fact.volume = volume.id();
  fact.path = std::move(place.path);
  fact.error = event.error;
  fact.uid = event.uid;
  const UniqueFd root = volume.open_root();
  const UniqueFd file = root ? open_beneath(root.get(), location->below_root, O_PATH) : UniqueFd();
  struct stat status {};
  if (file && ::fstat(file.get(), &status) == 0) {
    fact.file_uid = status.st_uid;
    fact.file_gid = status.st_gid;
    fact.file_mode = status.st_mode & 07777U;
  }
  return fact;
}

}  // namespace reloadtrace::node
