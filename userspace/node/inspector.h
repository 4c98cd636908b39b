// SPDX-License-Identifier: Apache-2.0
// What a process holds of the tracked volumes now: descriptors, mappings, watches.
//
// This is the state that existed before the tracer, and what events cannot show: a watch that died
// has no line any more.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "userspace/node/path_locator.h"
#include "userspace/node/proc_fs.h"
#include "userspace/node/reader_table.h"
#include "userspace/node/volume_set.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

class Inspector {
 public:
  Inspector(const ProcFs& proc, const VolumeSet& volumes, const PathLocator& locator)
      : proc_(proc), volumes_(volumes), locator_(locator) {}

  // HeldFacts and WatchFacts, ended by an InspectedFact. `container` is the one in whose mounts the
  // process sees the volumes, null for the host's.
  std::vector<Event> inspect(std::uint32_t tgid, const Container* container, Timestamp now) const;

 private:
  // Says in `end` what no fact says.
  bool inspect_descriptors(std::uint32_t tgid,
                           const Container* container,
                           InspectedFact& end,
                           std::vector<Event>& facts) const;
  bool inspect_mappings(std::uint32_t tgid,
                        const Container* container,
                        Timestamp now,
                        std::vector<Event>& facts) const;
  void inspect_watches(std::uint32_t tgid,
                       const Container* container,
                       int fd,
                       Timestamp now,
                       std::vector<Event>& facts) const;
  void inspect_marks(std::uint32_t tgid,
                     const Container* container,
                     int fd,
                     Timestamp now,
                     std::vector<Event>& facts) const;
  // Completes a fact whose inode is set; false when the file is of no volume.
  bool relate(const Container* container, std::string_view path, HeldFact& fact) const;

  const ProcFs& proc_;
  const VolumeSet& volumes_;
  const PathLocator& locator_;
};

}  // namespace reloadtrace::node
