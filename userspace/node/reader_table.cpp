// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/reader_table.h"

#include <algorithm>
#include <utility>

namespace reloadtrace::node {

bool is_tracer(std::string_view exe) {
  return exe.substr(exe.rfind('/') + 1) == "reloadtrace";
}

bool Container::sees(VolumeId volume) const {
  return std::any_of(mounts.begin(), mounts.end(),
                     [&](const VolumeMount& mount) { return mount.fact.volume == volume; });
}

std::vector<Volume*> volumes_in_sight(const VolumeSet& volumes, const Container* container) {
  if (container == nullptr) {
    return volumes.directories();
  }
  std::vector<Volume*> seen;
  for (const VolumeMount& mount : container->mounts) {
    Volume* const volume = volumes.find(mount.fact.volume);
    if (volume != nullptr && std::find(seen.begin(), seen.end(), volume) == seen.end()) {
      seen.push_back(volume);
    }
  }
  return seen;
}

ContainerFact Container::fact(Timestamp at) const {
  ContainerFact fact;
  fact.at = at;
  fact.id = ref.id;
  fact.cgroup_ids = cgroup_ids;
  fact.name = names.container;
  fact.pod = names.pod;
  fact.pod_namespace = names.pod_namespace;
  fact.pod_uid = ref.pod_uid;
  fact.main = main;
  fact.restarts = names.restarts;
  fact.guest = guest;
  for (const VolumeMount& mount : mounts) {
    fact.mounts.push_back(mount.fact);
  }
  return fact;
}

ProcessFact KnownProcess::fact(Timestamp at) const {
  ProcessFact fact;
  fact.at = at;
  fact.tgid = tgid;
  fact.started = started;
  fact.parent = parent;
  fact.comm = comm;
  fact.exe = exe;
  fact.container_id = container != nullptr ? container->ref.id : "";
  fact.role = container == nullptr && is_tracer(exe) ? ProcessRole::Observer : role;
  return fact;
}

KnownProcess& ReaderTable::put(KnownProcess process) {
  const std::uint32_t tgid = process.tgid;
  return processes_.insert_or_assign(tgid, std::move(process)).first->second;
}

Container* ReaderTable::by_cgroup(std::uint64_t id) const {
  const auto found = cgroups_.find(id);
  return found == cgroups_.end() ? nullptr : found->second;
}

Container* ReaderTable::by_id(const std::string& id) const {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : found->second.get();
}

Container& ReaderTable::put(Container container) {
  auto owned = std::make_unique<Container>(std::move(container));
  Container& kept = *owned;
  containers_[kept.ref.id] = std::move(owned);
  for (const std::uint64_t id : kept.cgroup_ids) {
    cgroups_[id] = &kept;
  }
  return kept;
}

void ReaderTable::add_cgroup(Container& container, std::uint64_t id) {
  if (id != 0 && cgroups_.emplace(id, &container).second) {
    container.cgroup_ids.push_back(id);
  }
}

void ReaderTable::for_each_container(const std::function<void(Container&)>& visit) const {
  for (const auto& [id, container] : containers_) {
    visit(*container);
  }
}

void ReaderTable::forget(Container& container) {
  std::erase_if(processes_,
                [&](const auto& entry) { return entry.second.container == &container; });
  std::erase_if(cgroups_, [&](const auto& entry) { return entry.second == &container; });
  containers_.erase(std::string(container.ref.id));
}

}  // namespace reloadtrace::node
