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
#include "userspace/node/proc_fs.h"
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
          ScopeNames& scope,
          ReaderTable& table,
          std::uint32_t self_tgid);

  // Everything that exists now, with what it holds.
  void discover(Timestamp now, const Emit& emit);

  // The process behind an event that touched this volume; learned first if it is not known.
  void touched(const Origin& origin, VolumeId volume, const Emit& emit);

  void forked(const ForkEvent& event, const Emit& emit);
  void executed(const ExecEvent& event, const Emit& emit);
  void exited(const ExitEvent& event, const Emit& emit);

  // A volume has gone: nobody mounts it any more.
  void volume_gone(VolumeId volume);

 private:
  struct Group {
    ContainerRef ref;
    std::vector<Process> processes;
  };

  void discover_container(Group group, Timestamp now, const Emit& emit);
  void discover_user(const Process& process, Timestamp now, const Emit& emit);
  std::vector<VolumeMount> mounts_of(const std::vector<Process>& processes, std::uint32_t main);
  bool not_set_up_yet(std::uint32_t tgid) const;

  Container& add_container(Group group,
                           std::vector<VolumeMount> mounts,
                           std::uint32_t main,
                           Timestamp now,
                           const Emit& emit);
  KnownProcess& add_process(KnownProcess process, Timestamp now, const Emit& emit);
  ProcessRole role_of(const Process& process, const Container& container) const;
  bool outside_namespace(std::uint32_t parent, const Container& container) const;
  void emit_inspection(std::uint32_t tgid, const Container*, Timestamp now, const Emit& emit);

  // The tracked container that a process of a cgroup not seen before belongs to; null if none.
  // `main` = its main process where an event has told; 0 = find out.
  Container* classify(const Origin& origin, std::uint32_t main, const Emit& emit);
  Group group_in(const ContainerRef& ref, std::uint32_t seen) const;
  Container* container_touching(const Origin& origin, VolumeId volume, const Emit& emit);
  void ignore(std::uint64_t cgroup_id, const std::string& cgroup);

  const ProcFs& proc_;
  const CgroupTree& cgroups_;
  const VolumeSet& volumes_;
  const Inspector& inspector_;
  ScopeNames& scope_;
  ReaderTable& table_;
  std::uint32_t self_;
  std::unordered_map<std::uint64_t, std::string> ignored_;  // cgroup id → its path
};

// The container's first process: among those whose parent is not one of them, the one that started
// first. 0 when there are none.
std::uint32_t main_of(const std::vector<Process>& processes);

}  // namespace reloadtrace::node
