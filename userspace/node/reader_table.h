// SPDX-License-Identifier: Apache-2.0
// The containers and processes that are known to matter.
//
// find() is asked for every event: one hash look-up, nothing allocated.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/node/cgroup_path.h"
#include "userspace/node/container_mounts.h"
#include "userspace/node/log_names.h"
#include "userspace/wire/fact.h"

namespace reloadtrace::node {

struct Container {
  ContainerRef ref;
  ContainerNames names;  // as far as they are known
  std::string guest;     // see ContainerFact
  std::vector<std::uint64_t> cgroup_ids;
  std::uint32_t main = 0;           // 0 = not known
  std::uint64_t pid_namespace = 0;  // of its main process; 0 = not known
  std::size_t pid_depth = 0;        // the same, for where namespaces cannot be read
  std::vector<VolumeMount> mounts;

  bool sees(VolumeId volume) const;
  ContainerFact fact(Timestamp at) const;
};

// The volumes that processes of a container can have to do with; of those outside of containers
// (null), the ones that no pod owns.
std::vector<Volume*> volumes_in_sight(const VolumeSet& volumes, const Container* container);

// The one on the node beside the one that an engineer starts: each reads what is published, to
// compare it, and is no reader of it. (Of a volume that its own container mounts it is.)
bool is_tracer(std::string_view exe);

struct KnownProcess {
  Timestamp started;
  std::uint32_t tgid = 0;
  std::uint32_t parent = 0;
  Container* container = nullptr;  // null outside containers
  ProcessRole role = ProcessRole::Application;
  std::string comm;
  std::string exe;

  ProcessFact fact(Timestamp at) const;
};

class ReaderTable {
 public:
  KnownProcess* find(std::uint32_t tgid) {
    const auto found = processes_.find(tgid);
    return found == processes_.end() ? nullptr : &found->second;
  }
  KnownProcess& put(KnownProcess process);
  void forget(std::uint32_t tgid) { processes_.erase(tgid); }

  Container* by_cgroup(std::uint64_t id) const;
  Container* by_id(const std::string& id) const;
  Container& put(Container container);
  void add_cgroup(Container& container, std::uint64_t id);
  void for_each_container(const std::function<void(Container&)>& visit) const;
  // Its processes go with it.
  void forget(Container& container);

 private:
  std::unordered_map<std::uint32_t, KnownProcess> processes_;
  std::unordered_map<std::string, std::unique_ptr<Container>> containers_;
  std::unordered_map<std::uint64_t, Container*> cgroups_;
};

}  // namespace reloadtrace::node
