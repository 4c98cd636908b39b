// SPDX-License-Identifier: Apache-2.0
// What is on this node: volumes, containers, processes and what they hold, as facts for the engine.
//
// Reads /proc, cgroups and the volumes themselves; every path lies under an injected root, so tests
// run on a checked-in tree. Whatever vanishes between two reads is passed over in silence: a node
// is never still.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/config/difference.h"
#include "userspace/config/version_key.h"
#include "userspace/wire/event.h"
#include "userspace/wire/scope.h"

namespace reloadtrace {

struct NodeOptions {
  std::string proc = "/proc";  // --proc
  std::string cgroups = "/sys/fs/cgroup";
  std::string logs = "/var/log";  // --log-dir
  std::vector<std::string>
      kubelet_dirs;                // --kubelet-dir: roots of kubelet, whose volumes are found
  std::vector<std::string> paths;  // --path: directories to track as volumes
  std::vector<config::VersionKey> version_keys;  // --version-key: the first that is found counts
  config::DiffOptions diff;                      // --diff, --ignore-key
  bool service_accounts = false;                 // also the volumes of kube-api-access tokens
  std::uint32_t self_tgid = 0;                   // never a reader, never an observer
};

class Node {
 public:
  // Takes each fact as it is found, in the order in which the engine must see it.
  using Emit = std::function<void(const Event& fact)>;
  // A sentence for people: said once per subject ("--path /x: No such file or directory").
  using Warn = std::function<void(const std::string& sentence)>;

  // `scope` is told what to report as volumes and containers come and go; it outlives the node.
  static std::unique_ptr<Node> create(NodeOptions options, Scope& scope, Warn warn);
  virtual ~Node() = default;

  // Finds the volumes and tells the scope of them: afterwards nothing in them goes unseen. Emits a
  // VolumeFact each. An error when none of the paths can be tracked, and kubelet has none to be
  // waited for.
  virtual Result<> discover_volumes(Timestamp now, const Emit& emit) = 0;

  // Finds containers, processes, and what they already hold: ContainerFact, ProcessFact,
  // ProgramFact, WatchFact, HeldFact, InspectedFact. To be called once events flow, so that nothing
  // falls between.
  virtual void discover_readers(Timestamp now, const Emit& emit) = 0;

  // Emits the facts that `event` makes known, which precede it in the stream: a process of an
  // unknown cgroup, a publish behind a rename, the file behind a failed open.
  virtual void observe(const Event& event, const Emit& emit) = 0;

  // Looks at these processes now: their live watches, descriptors and mappings, each ended by an
  // InspectedFact.
  virtual void inspect(std::span<const std::uint32_t> tgids, Timestamp now, const Emit& emit) = 0;

  // Once a second or so: volumes that vanished, publishes that no event announced.
  virtual void refresh(Timestamp now, const Emit& emit) = 0;
};

}  // namespace reloadtrace
