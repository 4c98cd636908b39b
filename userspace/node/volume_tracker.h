// SPDX-License-Identifier: Apache-2.0
// Keeps the set of volumes in step with the node: those that were named with --path, and those that
// kubelet makes and removes.
//
// Nothing is polled for: kubelet sets up the volumes of a pod before it starts a container of it,
// so the first publish of a volume and the new cgroups of its pod announce it in time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/node/content_ids.h"
#include "userspace/node/kubelet_volumes.h"
#include "userspace/node/mount_table.h"
#include "userspace/node/proc_fs.h"
#include "userspace/node/scope_names.h"
#include "userspace/node/text_store.h"
#include "userspace/node/volume_set.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

class VolumeTracker {
 public:
  using Emit = std::function<void(const Event&)>;
  // What else has to be done about a volume that came or is about to go.
  struct Followers {
    std::function<void(const Volume&, Timestamp now, const Emit&)> came;
    std::function<void(VolumeId)> gone;
  };

  VolumeTracker(const ProcFs& proc,
                std::vector<std::string> paths,
                const std::vector<config::VersionKey>& version_keys,
                KubeletVolumes kubelet,
                VolumeSet& volumes,
                ContentIds& contents,
                TextStore& texts,
                ScopeNames& scope);

  // Everything that exists now. An error when paths were named, none of them can be tracked, and
  // kubelet's are not asked for.
  Result<> discover(Timestamp now, const Emit& emit);

  // From here on they are told of each volume that comes or goes.
  void follow(Followers followers) { followers_ = std::move(followers); }

  // Tracks the volume of kubelet's that a rename makes visible for the first time; true when it is
  // one of those that were not wanted, so that nobody needs to look further.
  bool first_published(const RenameEvent& event, const Emit& emit);
  // A cgroup of this pod was made: its volumes are there.
  void pod_started(std::string_view uid, Timestamp now, const Emit& emit);
  // Something was mounted or unmounted there.
  void mounted(const std::string& path, Timestamp now, const Emit& emit);

  // Looks at the volumes whose turn it is, a bounded number each time, and forgets those among them
  // that have gone. `root` is the volume's, O_PATH.
  using Look = std::function<void(Volume& volume, int root)>;
  void take_turn(Timestamp now, const Look& look, const Emit& emit);

 private:
  void add(const std::vector<KubeletVolume>& places, Timestamp now, const Emit& emit);
  void track(std::unique_ptr<Volume> found, Timestamp now, const Emit& emit);
  void forget(VolumeId id, Timestamp now, const Emit& emit);
  bool is_tracked(const KubeletVolume& place, Timestamp now, const Emit& emit);

  const ProcFs& proc_;
  std::vector<std::string> paths_;
  const std::vector<config::VersionKey>& version_keys_;
  KubeletVolumes kubelet_;
  VolumeSet& volumes_;
  ContentIds& contents_;
  TextStore& texts_;
  ScopeNames& scope_;
  Followers followers_;
  std::size_t next_look_ = 0;
};

}  // namespace reloadtrace::node
