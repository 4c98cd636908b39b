// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/path_facts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "userspace/node/files.h"

namespace reloadtrace::node {
namespace {

struct Seen {
  TargetKind kind = TargetKind::Root;
  std::string path;
};

bool is_directory_of(const GenerationFact& generation, std::string_view path) {
  return std::any_of(generation.files.begin(), generation.files.end(), [&](const FileFact& file) {
    const auto rest = below(file.path, path);
    return rest && !rest->empty();
  });
}

// A link is seen itself when its last component is not followed. Links of a volume lie in its root.
bool is_link(const Volume& volume, std::string_view below_root) {
  if (volume.plain()) {
    return false;
  }
  return below_root == volume.site().link || (below_root.find('/') == std::string_view::npos &&
                                              volume.place(below_root).generation.empty());
}

Seen see(const Location& location, bool follow) {
  const Volume& volume = *location.volume;
  if (location.below_root.empty()) {
    return {TargetKind::Root, ""};
  }
  if (!follow && is_link(volume, location.below_root)) {
    return {TargetKind::Link, location.below_root};
  }
  PlaceInVolume place = volume.place(location.below_root);
  if (place.path.empty() || is_directory_of(volume.current(), place.path)) {
    return {TargetKind::Generation, ""};
  }
  return {TargetKind::File, std::move(place.path)};
}

}  // namespace

std::optional<PollFact> PathFacts::resolve(const PollEvent& event,
                                           const Container* container) const {
  const auto location = locator_.find(container, event.origin.tgid, event.dfd, event.path);
  if (!location) {
    return std::nullopt;
  }
  const bool follow = event.call == PollCall::Stat || event.call == PollCall::Access;
  Seen seen = see(*location, follow);
  PollFact fact;
  fact.at = event.latest;
  fact.first = event.first;
  fact.tgid = event.origin.tgid;
  fact.volume = location->volume->id();
  fact.kind = seen.kind;
  fact.path = std::move(seen.path);
  fact.call = event.call;
  fact.error = event.error;
  fact.count = event.count;
  return fact;
}

std::optional<WatchFailedFact> PathFacts::resolve(const WatchFailedEvent& event,
                                                  const Container* container) const {
  WatchFailedFact fact;
  fact.at = event.origin.at;
  fact.tgid = event.origin.tgid;
  fact.call = event.call;
  fact.error = event.error;
  fact.uid = event.uid;
  if (event.call == WatchCall::Init || event.call == WatchCall::FanotifyInit) {
    return fact;
  }
  // fanotify_mark without a path marks what its descriptor refers to.
  auto location = locator_.find(container, event.origin.tgid, event.dfd, event.path);
  if (!location) {
    return std::nullopt;
  }
  fact.volume = location->volume->id();
  fact.path = std::move(location->below_root);
  return fact;
}

}  // namespace reloadtrace::node
