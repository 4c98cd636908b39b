// SPDX-License-Identifier: Apache-2.0
// How the set of readers follows the events: processes that come, run something else, and go.
#include <algorithm>
#include <map>
#include <utility>

#include "userspace/node/readers.h"

namespace reloadtrace::node {

namespace {

// What /proc says of a start is up to a tick earlier than what the kernel says.
constexpr Duration kStartTolerance = std::chrono::milliseconds(50);

bool is_same_process(const KnownProcess& known, Timestamp started) {
  const Duration apart = known.started - started;
  return !known.started || !started || (apart < kStartTolerance && apart > -kStartTolerance);
}

KnownProcess known_from(const Origin& origin) {
  KnownProcess process;
  process.tgid = origin.tgid;
  process.started = origin.started;
  process.comm = origin.comm;
  return process;
}

}  // namespace

void Readers::touched(const Origin& origin, VolumeId volume, const Emit& emit) {
  if (KnownProcess* const known = table_.find(origin.tgid)) {
    if (is_same_process(*known, origin.started)) {
      if (known->container != nullptr && !known->container->sees(volume)) {
        container_touching(origin, volume, emit);
      }
      return;
    }
    table_.forget(origin.tgid);
  }
  const Volume* const touched = volumes_.find(volume);
  if (origin.tgid == self_ || touched == nullptr) {
    return;
  }
  Container* container = table_.by_cgroup(origin.cgroup_id);
  if (container == nullptr) {
    container = classify(origin, 0, emit);
  }
  if (container == nullptr) {
    container = container_touching(origin, volume, emit);
  }
  if (table_.find(origin.tgid) != nullptr) {
    return;  // learned together with its container
  }
  if (container == nullptr && touched->of_pod()) {
    return;
  }
  KnownProcess known = known_from(origin);
  known.container = container;
  if (const auto process = read_process(proc_, origin.tgid, cgroups_.view())) {
    known.parent = process->parent;
    known.role = container != nullptr ? role_of(*process, *container) : known.role;
  }
  add_process(std::move(known), origin.at, emit);
}

void Readers::forked(const ForkEvent& event, const Emit& emit) {
  const KnownProcess* const parent = table_.find(event.origin.tgid);
  if (parent == nullptr || event.child == self_) {
    return;
  }
  // On a busy node it may have been looked at before its fork is told. Then more is known of it
  // than its parent: that of a container's first process is a helper of the runtime.
  const KnownProcess* const looked_at = table_.find(event.child);
  if (looked_at != nullptr && is_same_process(*looked_at, event.child_started)) {
    return;
  }
  KnownProcess child = *parent;
  child.tgid = event.child;
  child.started = event.child_started;
  child.parent = event.origin.tgid;
  if (child.container == nullptr) {
    scope_.process(child.tgid);
  }
  emit(table_.put(std::move(child)).fact(event.origin.at));
}

Container* Readers::container_entered(const ExecEvent& event, const Emit& emit) {
  const Origin& origin = event.origin;
  Container* const known = table_.by_cgroup(origin.cgroup_id);
  return known != nullptr ? known
                          : classify(origin, event.namespace_pid == 1 ? origin.tgid : 0, emit);
}

void Readers::executed(const ExecEvent& event, const Emit& emit) {
  const Origin& origin = event.origin;
  if (origin.tgid == self_) {
    return;
  }
  KnownProcess* known = table_.find(origin.tgid);
  if (known != nullptr && !is_same_process(*known, origin.started)) {
    table_.forget(origin.tgid);
    known = nullptr;
  }
  // A runtime may have touched a volume before it went into the container that it makes.
  Container* const container =
      known == nullptr || known->container == nullptr ? container_entered(event, emit) : nullptr;
  if (known == nullptr && container == nullptr) {
    return;
  }
  if (container != nullptr) {
    KnownProcess process = known_from(origin);
    process.container = container;
    if (container->main == 0) {
      container->main = origin.tgid;
      container->pid_namespace = event.pid_namespace;
      emit(container->fact(origin.at));
    }
    const KnownProcess* const parent = table_.find(event.parent);
    if (origin.tgid == container->main) {
      process.role = ProcessRole::Application;
    } else if (parent != nullptr && parent->container == container) {
      process.role = parent->role;
    } else if (came_from_outside(event)) {
      process.role = ProcessRole::Observer;
    }
    known = &table_.put(std::move(process));
  } else if (known->container != nullptr && known->container->main == origin.tgid) {
    // A hook may have run in it before its root directory was in place: look at the mounts again.
    look_again(*known->container, origin.tgid, origin.at, emit);
  }
  known->started = origin.started ? origin.started : known->started;
  known->parent = event.parent;
  known->comm = origin.comm;
  known->exe = executable_of(proc_, origin.tgid);
  emit(known->fact(origin.at));
}

void Readers::exited(const ExitEvent& event, const Emit& emit) {
  const KnownProcess* const known = table_.find(event.origin.tgid);
  if (known == nullptr || !is_same_process(*known, event.origin.started)) {
    return;
  }
  Container* const container = known->container;
  if (container == nullptr || container->main != event.origin.tgid) {
    table_.forget(event.origin.tgid);
    return;
  }
  end_container(*container, event.origin.at, emit);
}

void Readers::end_container(Container& container, Timestamp now, const Emit& emit) {
  for (const std::uint64_t id : container.cgroup_ids) {
    scope_.forget_cgroup(id);
  }
  const std::string id = container.ref.id;
  table_.forget(container);
  emit(ContainerGoneFact{now, id});
}

// With a pid namespace of its own, what is injected has a parent in another one. Without (hostPID),
// it is what nobody in the container was seen to fork.
bool Readers::came_from_outside(const ExecEvent& event) const {
  return event.namespace_pid != 1 && (event.parent_namespace != event.pid_namespace ||
                                      event.pid_namespace == pid_namespace_of_node_);
}

void Readers::look_again(Container& container,
                         std::uint32_t tgid,
                         Timestamp now,
                         const Emit& emit) {
  const auto mountinfo = proc_.read(tgid, "mountinfo");
  auto mounts = mountinfo
                    ? find_volume_mounts(proc_, tgid, *mountinfo, volumes_, container.ref.pod_uid)
                    : std::vector<VolumeMount>();
  const auto same = [](const VolumeMount& a, const VolumeMount& b) {
    return a.fact.path == b.fact.path && a.fact.volume == b.fact.volume;
  };
  if (!mounts.empty() && !std::equal(mounts.begin(), mounts.end(), container.mounts.begin(),
                                     container.mounts.end(), same)) {
    container.mounts = std::move(mounts);
    emit(container.fact(now));
  }
}

void Readers::cgroup_created(const CgroupCreatedEvent& event) {
  announced_.insert_or_assign(event.cgroup, event.path);
}

void Readers::cgroup_removed(const CgroupRemovedEvent& event, const Emit& emit) {
  announced_.erase(event.cgroup);
  ignored_.erase(event.cgroup);
  Container* const container = table_.by_cgroup(event.cgroup);
  if (container != nullptr && cgroups_.id_of(container->ref.cgroup) == 0) {
    end_container(*container, event.origin.at, emit);  // its end was not seen, or nobody was in it
  }
}

void Readers::volume_came(const Volume& volume, Timestamp now, const Emit& emit) {
  if (!volume.of_pod()) {
    return;
  }
  const std::string& pod = volume.site().pod_uid;
  table_.for_each_container([&](Container& container) {
    if (container.ref.pod_uid == pod && container.main != 0 && container.guest.empty()) {
      look_again(container, container.main, now, emit);
    }
  });
  std::map<std::string, ContainerRef> passed_over;
  for (const auto& [id, path] : ignored_) {
    if (auto ref = container_of(path); ref && ref->pod_uid == pod) {
      passed_over.emplace(ref->id, std::move(*ref));
    }
  }
  for (const auto& [id, ref] : passed_over) {
    if (Group group = group_in(ref, 0); !group.processes.empty()) {
      discover_container(std::move(group), now, emit);
    }
  }
}

void Readers::volume_gone(VolumeId volume) {
  table_.for_each_container([&](Container& container) {
    std::erase_if(container.mounts,
                  [&](const VolumeMount& mount) { return mount.fact.volume == volume; });
  });
}

Readers::Group Readers::group_in(const ContainerRef& ref, std::uint32_t seen) const {
  Group group{ref, {}};
  std::vector<std::uint32_t> tgids;
  for (const std::string& path : cgroups_.with_nested(ref.cgroup)) {
    const auto members = cgroups_.processes_of(path);
    tgids.insert(tgids.end(), members.begin(), members.end());
  }
  if (std::find(tgids.begin(), tgids.end(), seen) == tgids.end()) {
    tgids.push_back(seen);
  }
  for (const std::uint32_t tgid : tgids) {
    auto process = read_process(proc_, tgid, cgroups_.view());
    if (process && !process->ended) {
      group.processes.push_back(std::move(*process));
    }
  }
  return group;
}

std::optional<std::string> Readers::path_of_cgroup(const Origin& origin) const {
  const auto text = proc_.read(origin.tgid, "cgroup");
  auto path = text ? cgroup_path_in(*text, cgroups_.view()) : std::nullopt;
  // A runtime may have moved it into its container since the event.
  if (path && (origin.cgroup_id == 0 || cgroups_.id_of(*path) == origin.cgroup_id)) {
    return path;
  }
  const auto announced = announced_.find(origin.cgroup_id);
  return announced != announced_.end() ? announced->second : cgroups_.path_of(origin.cgroup_id);
}

Container* Readers::classify(const Origin& origin, std::uint32_t main, const Emit& emit) {
  if (ignored_.contains(origin.cgroup_id)) {
    return nullptr;
  }
  const auto path = path_of_cgroup(origin);
  if (!path) {
    return nullptr;  // gone without a trace
  }
  const auto ref = container_of(*path);
  if (!ref) {
    ignore(origin.cgroup_id, *path);
    return nullptr;
  }
  if (Container* const known = table_.by_id(ref->id)) {
    table_.add_cgroup(*known, origin.cgroup_id);
    scope_.cgroup(origin.cgroup_id, CgroupScope::Tracked);
    emit(known->fact(origin.at));
    return known;
  }
  Group group = group_in(*ref, origin.tgid);
  main = main != 0 ? main : main_of(group.processes);
  auto sight = main != 0 ? sight_of(group, main) : std::nullopt;
  if (!sight) {
    return nullptr;
  }
  if (sight->mounts.empty()) {
    ignore(origin.cgroup_id, *path);
    return nullptr;
  }
  Container& container = add_container(std::move(group), std::move(*sight), main, origin.at, emit);
  table_.add_cgroup(container, origin.cgroup_id);
  return &container;
}

Container* Readers::container_touching(const Origin& origin, VolumeId volume_id, const Emit& emit) {
  const Volume* const volume = volumes_.find(volume_id);
  if (volume == nullptr) {
    return nullptr;
  }
  const auto view = [&](std::uint32_t tgid) {
    return view_through_parent(proc_.read(tgid, "mountinfo").value_or(""), *volume);
  };
  // Who sees a pod's volume from elsewhere is an agent of the node.
  const auto may_read = [&](const ContainerRef& ref) {
    return (!volume->of_pod() || volume->site().pod_uid == ref.pod_uid) &&
           !is_tracer(executable_of(proc_, origin.tgid));
  };
  if (Container* const known = table_.by_cgroup(origin.cgroup_id)) {
    if (!may_read(known->ref)) {
      return nullptr;
    }
    known->mounts.push_back(view(origin.tgid));
    scope_.directory_path(known->mounts.back().fact.path);
    emit(known->fact(origin.at));
    return known;
  }
  const auto ignored = ignored_.find(origin.cgroup_id);
  const auto ref = ignored == ignored_.end() ? std::nullopt : container_of(ignored->second);
  if (!ref || !may_read(*ref)) {
    return nullptr;
  }
  Group group = group_in(*ref, origin.tgid);
  const std::uint32_t main = main_of(group.processes);
  Container& container =
      add_container(std::move(group), {{view(origin.tgid)}, {}}, main, origin.at, emit);
  table_.add_cgroup(container, origin.cgroup_id);
  scope_.cgroup(origin.cgroup_id, CgroupScope::Tracked);
  return &container;
}

void Readers::refresh(Timestamp now, const Emit& emit) {
  table_.for_each_container([&](Container& container) {
    if (container.ref.pod_uid.empty() || !container.names.container.empty()) {
      return;
    }
    ContainerNames names = names_.find(container.ref.id, container.ref.pod_uid);
    if (names != container.names) {
      container.names = std::move(names);
      emit(container.fact(now));
    }
  });
}

}  // namespace reloadtrace::node
