// SPDX-License-Identifier: Apache-2.0
// Finds out who reads: containers that mount a volume, processes in them, and processes outside of
// containers that use one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "userspace/node/cgroup_tree.h"
#include "userspace/node/inspector.h"
#include "userspace/node/log_names.h"
#include "userspace/node/proc_fs.h"
#include "userspace/node/program.h"
#include "userspace/node/reader_table.h"
#include "userspace/node/scope_names.h"
#include "userspace/node/volume_set.h"
#include "userspace/wire/event.h"

namespace reloadtrace::node {

using Emit = std::function<void(const Event&)>;

class Readers {
 public:
  Readers(const ProcFs& proc,
          const CgroupTree& cgroups,
          const VolumeSet& volumes,
          const Inspector& inspector,
          Programs& programs,
          ScopeNames& scope,
          LogNames& names,
          ReaderTable& table,
          std::uint32_t self_tgid);

  // Everything that exists now, with what it holds.
  void discover(Timestamp now, const Emit& emit);

  // The process behind an event that touched this volume; learned first if it is not known.
  void touched(const Origin& origin, VolumeId volume, const Emit& emit);

  void forked(const ForkEvent& event, const Emit& emit);
  void executed(const ExecEvent& event, const Emit& emit);
  void exited(const ExitEvent& event, const Emit& emit);

  // Its path is known from here on, even if all in it has gone before anybody looks.
  void cgroup_created(const CgroupCreatedEvent& event);
  void cgroup_removed(const CgroupRemovedEvent& event, const Emit& emit);

  // A volume is tracked from now on: containers of its pod may mount it already.
  void volume_came(const Volume& volume, Timestamp now, const Emit& emit);
  // Nobody mounts it any more.
  void volume_gone(VolumeId volume);

  // Names that have become known since.
  void refresh(Timestamp now, const Emit& emit);

 private:
  using CgroupPaths = std::unordered_map<std::uint64_t, std::string>;  // by id

  struct Group {
    ContainerRef ref;
    std::vector<Process> processes;
  };

  // What a container sees of the volumes.
  struct Sight {
    std::vector<VolumeMount> mounts;
    std::string guest;  // see ContainerFact
  };

  void discover_container(Group group, Timestamp now, const Emit& emit);
  void discover_stranger(Group group, std::uint32_t main, Timestamp now, const Emit& emit);
  void discover_user(const Process& process, Timestamp now, const Emit& emit);
  // Nothing while the runtime has not set it up.
  std::optional<Sight> sight_of(const Group& group, std::uint32_t main) const;
  bool is_still_on_host(std::uint32_t tgid) const;
  std::vector<VolumeMount> mounts_of(const Group& group, std::uint32_t main) const;

  Container& add_container(
      Group group, Sight sight, std::uint32_t main, Timestamp now, const Emit& emit);
  void look_again(Container& container, std::uint32_t tgid, Timestamp now, const Emit& emit);
  void end_container(Container& container, Timestamp now, const Emit& emit);
  KnownProcess& add_process(KnownProcess process, Timestamp now, const Emit& emit);
  ProcessRole role_of(const Process& process, const Container& container) const;
  // The tracked container that the process is in; null if none.
  Container* container_entered(const ExecEvent& event, const Emit& emit);
  bool came_from_outside(const ExecEvent& event) const;
  bool outside_namespace(std::uint32_t parent, const Container& container) const;
  // What it is, and what it holds.
  void emit_inspection(std::uint32_t tgid, const Container*, Timestamp now, const Emit& emit);

  // The tracked container that a process of a cgroup not seen before belongs to; null if none.
  // `main` = its main process where an event has told; 0 = find out.
  Container* classify(const Origin& origin, std::uint32_t main, const Emit& emit);
  std::optional<std::string> path_of_cgroup(const Origin& origin) const;
  Group group_in(const ContainerRef& ref, std::uint32_t seen) const;
  Container* container_touching(const Origin& origin, VolumeId volume, const Emit& emit);
  void ignore(std::uint64_t cgroup_id, const std::string& cgroup);

  const ProcFs& proc_;
  const CgroupTree& cgroups_;
  const VolumeSet& volumes_;
  const Inspector& inspector_;
  Programs& programs_;
  ScopeNames& scope_;
  LogNames& names_;
  ReaderTable& table_;
  std::uint32_t self_;
  // A process in no container: init, or ourselves where that is out of reach.
  std::uint32_t on_node_;
  std::uint64_t pid_namespace_of_node_;
  CgroupPaths ignored_;    // of no reader
  CgroupPaths announced_;  // made under the eyes of the trace, and not removed yet
};

// The container's first process: among those whose parent is not one of them, the one that started
// first. 0 when there are none.
std::uint32_t main_of(const std::vector<Process>& processes);

}  // namespace reloadtrace::node
