// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/world.h"

#include <algorithm>
#include <set>
#include <utility>

namespace reloadtrace {
namespace {

// Kubelet reads every file at each resync, also before its first publish was seen.
constexpr std::string_view kKubelet = "kubelet";

bool contains(const std::vector<VolumeId>& volumes, VolumeId volume) {
  return std::find(volumes.begin(), volumes.end(), volume) != volumes.end();
}

// Records of an ended process come within the bound of the merge, some milliseconds.
constexpr std::size_t kMaxDeparted = 256;

// A reader that starts a short-lived child for each look at its files leaves the uses of the dead
// behind. One that read a file to its end still counts; more of the same file do not.
constexpr std::size_t kMaxUses = 1024;

void forget_dead(Usage& usage, const Reader& reader) {
  if (usage.uses.size() <= kMaxUses) {
    return;
  }
  const auto is_dead = [&](std::uint32_t tgid) {
    return std::find(reader.processes.begin(), reader.processes.end(), tgid) ==
           reader.processes.end();
  };
  std::set<InodeId> kept;
  std::erase_if(usage.uses, [&](const auto& entry) {
    const auto& [key, use] = entry;
    return is_dead(key.first) && (!use.completed || !kept.insert(key.second).second);
  });
  std::erase_if(usage.bursts, [&](const auto& entry) { return is_dead(entry.first); });
}

}  // namespace

bool Publish::changed(std::string_view file) const {
  return std::any_of(fact.changed.begin(), fact.changed.end(),
                     [&](const FileChange& change) { return change.path == file; });
}

const FileDiff* Publish::diff_of(std::string_view file) const {
  const auto found = std::find_if(fact.diffs.begin(), fact.diffs.end(),
                                  [&](const FileDiff& diff) { return diff.path == file; });
  return found == fact.diffs.end() ? nullptr : &*found;
}

Usage* Reader::usage_of(VolumeId volume) const {
  for (const auto& usage : usages) {
    if (usage->volume == volume) {
      return usage.get();
    }
  }
  return nullptr;
}

Volume* World::volume(VolumeId id) {
  const auto it = volumes_.find(id);
  return it == volumes_.end() ? nullptr : &it->second;
}

const Volume* World::volume(VolumeId id) const {
  const auto it = volumes_.find(id);
  return it == volumes_.end() ? nullptr : &it->second;
}

Process* World::process(std::uint32_t tgid) {
  return const_cast<Process*>(std::as_const(*this).process(tgid));
}

const Process* World::process(std::uint32_t tgid) const {
  auto it = processes_.find(tgid);
  if (it != processes_.end()) {
    return &it->second;
  }
  it = departed_.find(tgid);
  return it == departed_.end() ? nullptr : &it->second;
}

Reader* World::container(const std::string& id) {
  const auto it = containers_.find(id);
  return it == containers_.end() ? nullptr : it->second;
}

std::size_t World::reader_count() const {
  return static_cast<std::size_t>(std::count_if(
      readers_.begin(), readers_.end(),
      [](const auto& reader) { return reader->selected && !reader->usages.empty(); }));
}

Process& World::process_of(const Origin& origin) {
  if (const auto departed = departed_.find(origin.tgid); departed != departed_.end()) {
    if (is_same(departed->second, origin.started)) {
      return departed->second;
    }
    departed_.erase(departed);
  }
  auto [it, is_new] = processes_.try_emplace(origin.tgid);
  Process& process = it->second;
  if (!is_new && !is_same(process, origin.started)) {
    remove_process(origin.tgid);
    return process_of(origin);
  }
  if (is_new) {
    process.tgid = origin.tgid;
    process.comm = origin.comm;
  }
  if (process.container_id.empty()) {
    if (const auto known = container_of_cgroup_.find(origin.cgroup_id);
        known != container_of_cgroup_.end()) {
      process.container_id = known->second;
      join_container(process);
    }
  }
  if (origin.started) {
    process.started = origin.started;
  }
  if (process.comm != origin.comm && origin.tgid == origin.tid) {
    process.comm = origin.comm;
  }
  return process;
}

Usage* World::usage_of(Process& process, Volume& volume) {
  if (process.publisher || contains(process.publishes, volume.fact.id)) {
    return nullptr;
  }
  if (process.reader == nullptr) {
    // A pod's volume is read by the pod alone: whoever else does is kubelet, an agent of the node,
    // or somebody at a shell. An observer outside of containers is another tracer.
    if (!process.container_id.empty() || process.gone || process.comm == kKubelet ||
        process.role == ProcessRole::Observer || !volume.fact.pod_uid.empty()) {
      return nullptr;
    }
    make_process_reader(process);
  }
  if (Usage* known = process.reader->usage_of(volume.fact.id)) {
    return known;
  }
  if (!process.container_id.empty()) {
    return nullptr;  // the container fact says what it mounts
  }
  Usage& usage = usage_in(*process.reader, volume);
  usage.path = volume.fact.host_path;
  usage.whole = true;
  return &usage;
}

void World::mark_publisher(Process& process, VolumeId id) {
  const Volume* published = volume(id);
  Reader* reader = process.reader;
  if (process.container_id.empty() && published != nullptr &&
      published->fact.kind != VolumeKind::Directory) {
    process.publisher = true;
    if (reader != nullptr) {
      remove_reader(*reader);
    }
    return;
  }
  if (!contains(process.publishes, id)) {
    process.publishes.push_back(id);
  }
  if (reader == nullptr || process.role == ProcessRole::Observer) {
    return;
  }
  if (!contains(reader->publishes, id)) {
    reader->publishes.push_back(id);
  }
  remove_usage(*reader, id);
}

bool World::watches_known(const Process& process) const {
  return process.looked_at || (process.started && process.started >= traced_since_);
}

std::unique_ptr<Reader> World::release_reader(Reader& reader) {
  for (auto& usage : reader.usages) {
    if (Volume* used = volume(usage->volume)) {
      std::erase(used->usages, usage.get());
    }
  }
  for (const std::uint32_t tgid : reader.processes) {
    if (Process* member = process(tgid)) {
      member->reader = nullptr;
    }
  }
  for (auto& [tgid, process] : departed_) {
    if (process.reader == &reader) {
      process.reader = nullptr;
    }
  }
  if (!reader.container_id.empty()) {
    containers_.erase(reader.container_id);
    std::erase_if(container_of_cgroup_,
                  [&](const auto& entry) { return entry.second == reader.container_id; });
  }
  const auto it = std::find_if(readers_.begin(), readers_.end(),
                               [&](const auto& owned) { return owned.get() == &reader; });
  auto released = std::move(*it);
  readers_.erase(it);
  return released;
}

void World::end_process(std::uint32_t tgid, bool seen) {
  const auto it = processes_.find(tgid);
  if (it == processes_.end()) {
    return;
  }
  Process& departed = departed_.insert_or_assign(tgid, it->second).first->second;
  departed.gone = true;
  departed.end_seen = seen;
  departures_.push_back(tgid);
  if (departures_.size() > kMaxDeparted) {
    departed_.erase(departures_.front());
    departures_.pop_front();
  }
  remove_process(tgid);
}

void World::remove_process(std::uint32_t tgid) {
  const auto it = processes_.find(tgid);
  if (it == processes_.end()) {
    return;
  }
  if (Reader* reader = it->second.reader) {
    std::erase(reader->processes, tgid);
    for (const auto& usage : reader->usages) {
      usage->bursts.erase(tgid);
      forget_dead(*usage, *reader);
    }
    if (reader->main == tgid) {
      reader->comm = it->second.comm;
      reader->exe = it->second.exe;
    }
  }
  processes_.erase(it);
}

void World::remove_volume(VolumeId id) {
  Volume* gone = volume(id);
  if (gone == nullptr) {
    return;
  }
  for (Usage* usage : gone->usages) {
    std::erase_if(usage->reader->usages, [&](const auto& owned) { return owned.get() == usage; });
  }
  volumes_.erase(id);
}

Reader& World::make_process_reader(Process& process) {
  Reader& reader = *readers_.emplace_back(std::make_unique<Reader>());
  reader.main = process.tgid;
  reader.processes.push_back(process.tgid);
  process.reader = &reader;
  reader.selected = selection_.takes(reader);
  return reader;
}

void World::remove_usage(Reader& reader, VolumeId id) {
  if (Volume* used = volume(id)) {
    std::erase_if(used->usages, [&](const Usage* usage) { return usage->reader == &reader; });
  }
  std::erase_if(reader.usages, [&](const auto& usage) { return usage->volume == id; });
}

// What it was seen to mount while its runtime still set it up.
void World::forget_unmounted(Reader& reader) {
  const std::vector<MountFact>& mounts = reader.container.mounts;
  std::vector<VolumeId> gone;
  for (const auto& usage : reader.usages) {
    const bool mounted = std::any_of(mounts.begin(), mounts.end(), [&](const MountFact& mount) {
      return mount.volume == usage->volume;
    });
    if (!mounted) {
      gone.push_back(usage->volume);
    }
  }
  for (const VolumeId id : gone) {
    remove_usage(reader, id);
  }
}

void World::attach_mounts(Reader& reader) {
  forget_unmounted(reader);
  for (auto& usage : reader.usages) {
    usage->pinned.clear();
  }
  std::set<const Usage*>
      placed;  // a later fact corrects the path: runc had not changed the root yet
  for (const MountFact& mount : reader.container.mounts) {
    Volume* mounted = volume(mount.volume);
    if (mounted == nullptr || contains(reader.publishes, mount.volume)) {
      continue;
    }
    Usage& usage = usage_in(reader, *mounted);
    if (!mount.sub_path.empty()) {
      usage.pinned.push_back(mount);
      if (usage.path.empty()) {
        usage.path = mount.path;
      }
    } else {
      usage.whole = true;
      if (placed.insert(&usage).second) {
        usage.path = mount.path;
      }
    }
  }
}

Usage& World::usage_in(Reader& reader, Volume& volume) {
  if (Usage* known = reader.usage_of(volume.fact.id)) {
    return *known;
  }
  Usage& usage = *reader.usages.emplace_back(std::make_unique<Usage>());
  usage.reader = &reader;
  usage.volume = volume.fact.id;
  volume.usages.push_back(&usage);
  return usage;
}

void World::join_container(Process& process) {
  Reader* reader = process.container_id.empty() ? nullptr : container(process.container_id);
  if (reader == nullptr || process.reader == reader) {
    return;
  }
  if (Reader* alone = process.reader) {
    // It was seen before its container was: what it did was done there.
    for (const auto& usage : alone->usages) {
      Usage* joined = reader->usage_of(usage->volume);
      if (joined != nullptr) {
        joined->files.merge(usage->files);
        joined->uses.merge(usage->uses);
        joined->notices.insert(joined->notices.end(), usage->notices.begin(), usage->notices.end());
        if (usage->judgement && !joined->judgement) {
          joined->judgement = std::move(usage->judgement);
          joined->verdict = usage->verdict;
        }
        if (usage->last_read > joined->last_read) {
          joined->last_read = usage->last_read;
          joined->last_read_file = usage->last_read_file;
        }
      }
    }
    remove_reader(*alone);
  }
  process.reader = reader;
  reader->processes.push_back(process.tgid);
  reader->selected = reader->selected || selection_.takes(*reader);
}

std::vector<std::string> World::awaited() const {
  std::vector<std::string> out;
  const auto none = [&](auto matches) {
    return std::none_of(readers_.begin(), readers_.end(),
                        [&](const auto& reader) { return matches(*reader); });
  };
  for (const std::string& name : selection_.containers) {
    if (none([&](const Reader& reader) { return names_it(name, reader); })) {
      out.push_back("container " + name);
    }
  }
  for (const PodPattern& pod : selection_.pods) {
    if (none([&](const Reader& reader) { return runs_in(pod, reader); })) {
      out.push_back("pod " + (pod.pod_namespace.empty() ? "" : pod.pod_namespace + "/") + pod.pod);
    }
  }
  for (const std::string& name : selection_.namespaces) {
    if (none([&](const Reader& reader) { return runs_in(name, reader); })) {
      out.push_back("namespace " + name);
    }
  }
  for (const std::uint32_t pid : selection_.pids) {
    if (none([&](const Reader& reader) { return has_process(reader, pid); })) {
      out.push_back("process " + std::to_string(pid));
    }
  }
  return out;
}

}  // namespace reloadtrace
