// SPDX-License-Identifier: Apache-2.0
// Tells which renames and writes are publishes, what they made visible, and which bytes differ.
//
// A rename's paths are hints: the volume is asked whether something really changed. Where a publish
// is over before it can be looked at, what the publisher was seen to prepare speaks for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "userspace/node/content_ids.h"
#include "userspace/node/path_locator.h"
#include "userspace/node/publisher_memory.h"
#include "userspace/node/scope_names.h"
#include "userspace/node/text_store.h"
#include "userspace/node/volume_set.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

class PublishResolver {
 public:
  using Emit = std::function<void(const Event&)>;

  PublishResolver(const VolumeSet& volumes,
                  const PathLocator& locator,
                  ContentIds& contents,
                  TextStore& texts,
                  ScopeNames& scope)
      : volumes_(volumes), locator_(locator), contents_(contents), texts_(texts), scope_(scope) {}

  void remember(const SymlinkEvent& event) { memory_.remember(event); }
  void remember(const WriteOpenEvent& event) { memory_.remember(event); }

  // `container` = that of the process, null outside of one.
  void renamed(const RenameEvent& event, const Container* container, const Emit& emit);
  void written(const WriteClosedEvent& event, const Emit& emit);

  // A link that changed without an event, once it has been seen twice: an event may be on its way.
  // `root` is the volume's.
  void look_for_missed(Volume& volume, int root, Timestamp now, const Emit& emit);

 private:
  struct Found {
    Location location;
    bool certain = false;  // by the identity of a directory, not by text
  };

  std::optional<Found> locate(const RenameEvent& event, const Container* container) const;
  bool resolve(const RenameEvent& event, const Found& found, const Emit& emit);
  bool swapped(const RenameEvent& event, Volume& volume, bool certain, const Emit& emit);
  bool replaced(const RenameEvent& event,
                Volume& volume,
                const std::string& path,
                const Emit& emit);
  bool rescanned(const RenameEvent& event, Volume& volume, int root, const Emit& emit);
  void appeared(Volume& volume, const std::string& link, const RenameEvent& event, const Emit&);

  // Emits what `fact` says after the volume has become what it describes.
  void publish(PublishFact fact, Volume& volume, const Emit& emit);
  void become(
      PublishFact fact, Volume& volume, int root, const std::string& directory, const Emit&);

  const VolumeSet& volumes_;
  const PathLocator& locator_;
  ContentIds& contents_;
  TextStore& texts_;
  ScopeNames& scope_;
  PublisherMemory memory_;
  std::unordered_map<VolumeId, std::string> unannounced_;  // link targets seen once
};

// "..data_tmp", ".app.yaml.swp", "app.yaml~", "4913", "app.tmp": written to be renamed or removed.
bool is_temporary_name(std::string_view name);

}  // namespace reloadtrace::node
