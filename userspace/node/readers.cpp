// SPDX-License-Identifier: Apache-2.0
// What exists before the stream of events is read. The events are in reader_events.cpp.
#include "userspace/node/readers.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/guest_kernels.h"

namespace reloadtrace::node {

namespace {

constexpr std::size_t kMaxIgnored = 65'536;
constexpr std::uint32_t kInit = 1;

bool contains(const std::vector<Process>& processes, std::uint32_t tgid) {
  return std::any_of(processes.begin(), processes.end(),
                     [&](const Process& process) { return process.tgid == tgid; });
}

bool started_before(const Process& a, const Process& b) {
  return a.started != b.started ? a.started < b.started : a.tgid < b.tgid;
}

}  // namespace

std::uint32_t main_of(const std::vector<Process>& processes) {
  std::unordered_set<std::uint32_t> members;
  for (const Process& process : processes) {
    members.insert(process.tgid);
  }
  const Process* first = nullptr;
  for (const Process& process : processes) {
    if (!members.contains(process.parent) &&
        (first == nullptr || started_before(process, *first))) {
      first = &process;
    }
  }
  return first != nullptr ? first->tgid : 0;
}

Readers::Readers(const ProcFs& proc,
                 const CgroupTree& cgroups,
                 const VolumeSet& volumes,
                 const Inspector& inspector,
                 Programs& programs,
                 ScopeNames& scope,
                 LogNames& names,
                 ReaderTable& table,
                 std::uint32_t self_tgid)
    : proc_(proc),
      cgroups_(cgroups),
      volumes_(volumes),
      inspector_(inspector),
      programs_(programs),
      scope_(scope),
      names_(names),
      table_(table),
      self_(self_tgid),
      on_node_(proc.link(kInit, "ns/mnt") ? kInit : self_tgid),
      pid_namespace_of_node_(pid_namespace_of(proc, on_node_)) {}

void Readers::discover(Timestamp now, const Emit& emit) {
  std::map<std::string, Group> groups;
  std::vector<Process> others;
  for (const std::uint32_t tgid : proc_.processes()) {
    auto process = tgid == self_ ? std::nullopt : read_process(proc_, tgid, cgroups_.view());
    if (!process || process->kernel_thread || process->ended) {
      continue;
    }
    if (auto ref = container_of(process->cgroup)) {
      Group& group = groups[ref->id];
      group.ref = std::move(*ref);
      group.processes.push_back(std::move(*process));
    } else {
      others.push_back(std::move(*process));
    }
  }
  for (auto& [id, group] : groups) {
    discover_container(std::move(group), now, emit);
  }
  for (const Process& process : others) {
    ignore(cgroups_.id_of(process.cgroup), process.cgroup);
    discover_user(process, now, emit);
  }
}

void Readers::discover_container(Group group, Timestamp now, const Emit& emit) {
  if (const Container* const known = table_.by_id(group.ref.id)) {
    for (const Process& process : group.processes) {
      emit_inspection(process.tgid, known, now, emit);
    }
    return;
  }
  const std::uint32_t main = main_of(group.processes);
  auto sight = sight_of(group, main);
  if (!sight) {
    for (const Process& process : group.processes) {
      discover_user(process, now, emit);
    }
    return;
  }
  if (sight->mounts.empty()) {
    discover_stranger(std::move(group), main, now, emit);
    return;
  }
  const std::vector<Process> processes = group.processes;
  const Container& container = add_container(std::move(group), std::move(*sight), main, now, emit);
  for (const Process& process : processes) {
    emit_inspection(process.tgid, &container, now, emit);
  }
}

// It mounts no volume, and may still see a directory through one above it.
void Readers::discover_stranger(Group group, std::uint32_t main, Timestamp now, const Emit& emit) {
  for (const std::string& path : cgroups_.with_nested(group.ref.cgroup)) {
    ignore(cgroups_.id_of(path), path);
  }
  if (volumes_.directories().empty()) {
    return;
  }
  Container stranger;
  stranger.ref = group.ref;
  const std::string mountinfo = proc_.read(main, "mountinfo").value_or("");
  for (const Volume* const volume : volumes_.directories()) {
    stranger.mounts.push_back(view_through_parent(mountinfo, *volume));
  }
  std::vector<Event> held;
  for (const Process& process : group.processes) {
    auto facts = inspector_.inspect(process.tgid, &stranger, now);
    if (facts.size() > 1) {
      held.insert(held.end(), facts.begin(), facts.end());
    }
  }
  if (held.empty()) {
    return;
  }
  std::erase_if(stranger.mounts, [&](const VolumeMount& mount) {
    return std::none_of(held.begin(), held.end(), [&](const Event& event) {
      const auto* const fact = std::get_if<HeldFact>(&event);
      const auto* const watch = std::get_if<WatchFact>(&event);
      return (fact != nullptr && fact->volume == mount.fact.volume) ||
             (watch != nullptr && watch->volume == mount.fact.volume);
    });
  });
  add_container(std::move(group), {std::move(stranger.mounts), {}}, main, now, emit);
  for (const Event& fact : held) {
    if (const auto* const end = std::get_if<InspectedFact>(&fact)) {
      emit(programs_.look_at(end->tgid, now));
    }
    emit(fact);
  }
}

void Readers::discover_user(const Process& process, Timestamp now, const Emit& emit) {
  const auto facts = inspector_.inspect(process.tgid, nullptr, now);
  if (facts.size() < 2) {
    return;
  }
  KnownProcess known;
  known.tgid = process.tgid;
  known.started = process.started;
  known.parent = process.parent;
  known.comm = process.comm;
  add_process(std::move(known), now, emit);
  emit(programs_.look_at(process.tgid, now));
  std::for_each(facts.begin(), facts.end(), emit);
}

std::optional<Readers::Sight> Readers::sight_of(const Group& group, std::uint32_t main) const {
  Sight sight;
  const auto process = std::find_if(group.processes.begin(), group.processes.end(),
                                    [&](const Process& p) { return p.tgid == main; });
  if (process != group.processes.end() && !group.ref.pod_uid.empty()) {
    sight.guest = guest_kernel_of(executable_of(proc_, main), process->comm);
  }
  if (!sight.guest.empty()) {
    // The runtime hands the pod's volumes on to the guest: our mount tables do not show where.
    for (const auto& volume : volumes_) {
      if (volume->site().pod_uid == group.ref.pod_uid) {
        sight.mounts.push_back(view_on_host(*volume));
      }
    }
    return sight;
  }
  if (is_still_on_host(main)) {
    return std::nullopt;
  }
  sight.mounts = mounts_of(group, main);
  // It may have ended meanwhile, a helper of the runtime: nothing was seen then, not that it mounts
  // nothing. Whoever lives has a root directory at least.
  if (proc_.read(main, "mountinfo").value_or("").empty()) {
    return std::nullopt;
  }
  return sight;
}

bool Readers::is_still_on_host(std::uint32_t tgid) const {
  // A runtime puts its child into the cgroup before that has mounts of its own, and then before it
  // has turned from the node's root directory to that of the container. Some of its helpers never
  // do. (Without CAP_SYS_PTRACE neither can be seen; the mount table then has to do.)
  const auto own = proc_.link(tgid, "ns/mnt");
  if (own && own == proc_.link(on_node_, "ns/mnt")) {
    return true;
  }
  const auto root = quick_stat(AT_FDCWD, proc_.path(tgid, "root"));
  const auto root_of_node = quick_stat(AT_FDCWD, proc_.path(on_node_, "root"));
  return root && root_of_node && root->st_dev == root_of_node->st_dev &&
         root->st_ino == root_of_node->st_ino;
}

std::vector<VolumeMount> Readers::mounts_of(const Group& group, std::uint32_t main) const {
  // Usually all share one mount namespace: its table, which may be long, is read once.
  std::unordered_set<std::string> seen;
  const auto look = [&](std::uint32_t tgid) {
    const auto mount_namespace = proc_.link(tgid, "ns/mnt");
    if (mount_namespace && !seen.insert(*mount_namespace).second) {
      return std::vector<VolumeMount>();
    }
    const auto mountinfo = proc_.read(tgid, "mountinfo");
    return mountinfo ? find_volume_mounts(proc_, tgid, *mountinfo, volumes_, group.ref.pod_uid)
                     : std::vector<VolumeMount>();
  };
  auto mounts = look(main);
  for (auto process = group.processes.begin(); mounts.empty() && process != group.processes.end();
       ++process) {
    if (!is_still_on_host(process->tgid)) {
      mounts = look(process->tgid);
    }
  }
  return mounts;
}

Container& Readers::add_container(
    Group group, Sight sight, std::uint32_t main, Timestamp now, const Emit& emit) {
  Container container;
  container.main = main;
  container.pid_namespace = pid_namespace_of(proc_, container.main);
  container.pid_depth = pid_depth_of(proc_, container.main);
  for (const std::string& path : cgroups_.with_nested(group.ref.cgroup)) {
    const std::uint64_t id = cgroups_.id_of(path);
    if (id != 0) {
      container.cgroup_ids.push_back(id);
      ignored_.erase(id);
      scope_.cgroup(id, CgroupScope::Tracked);
    }
  }
  container.ref = std::move(group.ref);
  container.names = names_.find(container.ref.id, container.ref.pod_uid);
  container.guest = std::move(sight.guest);
  container.mounts = std::move(sight.mounts);
  for (const VolumeMount& mount : container.mounts) {
    scope_.directory_path(mount.fact.path);
  }
  Container& kept = table_.put(std::move(container));
  emit(kept.fact(now));

  // Parents first, so that what they are is known when their children are looked at.
  std::sort(group.processes.begin(), group.processes.end(), started_before);
  std::vector<Process> waiting = std::move(group.processes);
  for (bool progress = true; !waiting.empty();) {
    std::vector<Process> later;
    for (Process& process : waiting) {
      if (progress && process.parent != process.tgid && contains(waiting, process.parent) &&
          table_.find(process.parent) == nullptr) {
        later.push_back(std::move(process));
        continue;
      }
      KnownProcess known;
      known.role = role_of(process, kept);
      known.tgid = process.tgid;
      known.started = process.started;
      known.parent = process.parent;
      known.comm = process.comm;
      known.container = &kept;
      add_process(std::move(known), now, emit);
    }
    progress = later.size() < waiting.size();
    waiting = std::move(later);
  }
  return kept;
}

KnownProcess& Readers::add_process(KnownProcess process, Timestamp now, const Emit& emit) {
  process.exe = executable_of(proc_, process.tgid);
  if (process.container == nullptr) {
    scope_.process(process.tgid);
  }
  KnownProcess& known = table_.put(std::move(process));
  emit(known.fact(now));
  return known;
}

ProcessRole Readers::role_of(const Process& process, const Container& container) const {
  if (process.tgid == container.main) {
    return ProcessRole::Application;
  }
  const KnownProcess* const parent = table_.find(process.parent);
  if (parent != nullptr && parent->container == &container) {
    return parent->role;
  }
  return outside_namespace(process.parent, container) ? ProcessRole::Observer
                                                      : ProcessRole::Application;
}

bool Readers::outside_namespace(std::uint32_t parent, const Container& container) const {
  if (parent == 0) {
    return true;
  }
  const std::uint64_t pid_namespace = pid_namespace_of(proc_, parent);
  if (pid_namespace != 0 && container.pid_namespace != 0) {
    return pid_namespace != container.pid_namespace;
  }
  const std::size_t depth = pid_depth_of(proc_, parent);
  return depth != 0 && depth < container.pid_depth;
}

void Readers::emit_inspection(std::uint32_t tgid,
                              const Container* container,
                              Timestamp now,
                              const Emit& emit) {
  emit(programs_.look_at(tgid, now));
  for (const Event& fact : inspector_.inspect(tgid, container, now)) {
    emit(fact);
  }
}

void Readers::ignore(std::uint64_t cgroup_id, const std::string& cgroup) {
  if (cgroup_id != 0 && table_.by_cgroup(cgroup_id) == nullptr) {
    if (ignored_.size() >= kMaxIgnored) {
      ignored_.clear();  // what is still alive will be looked at again
    }
    ignored_.insert_or_assign(cgroup_id, cgroup);
    scope_.cgroup(cgroup_id, CgroupScope::Ignored);
  }
}

}  // namespace reloadtrace::node
