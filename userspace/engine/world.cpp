// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/world.h"

#include <algorithm>
#include <chrono>

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// /proc gives start times in clock ticks of 10 ms, the kernel events in nanoseconds.
constexpr Duration kStartTimeSlack = 25ms;

// Kubelet reads every file at each resync, also before its first publish was seen.
constexpr std::string_view kKubelet = "kubelet";

// A container's short id, as runtimes print it.
constexpr std::size_t kShortId = 12;

bool same_process(const Process& process, const Origin& origin) {
  if (!process.started || !origin.started) {
    return true;
  }
  const Duration apart = process.started - origin.started;
  return apart < kStartTimeSlack && apart > -kStartTimeSlack;
}

// The name below the generation: what follows the first component where generations are
// directories.
std::string below_generation(const Volume& volume, const std::string& path) {
  const auto known = path.find('/');
  return volume.fact.atomic_links && known != std::string::npos ? path.substr(known + 1) : path;
}

}  // namespace

bool Publish::changed(std::string_view file) const {
  return std::any_of(fact.changed.begin(), fact.changed.end(),
                     [&](const FileChange& change) { return change.path == file; });
}

bool Publish::removed(std::string_view file) const {
  return std::any_of(fact.changed.begin(), fact.changed.end(), [&](const FileChange& change) {
    return change.path == file && change.kind == ChangeKind::Removed;
  });
}

Usage* Reader::usage_of(VolumeId volume) const {
  for (const auto& usage : usages) {
    if (usage->volume == volume) {
      return usage.get();
    }
  }
  return nullptr;
}

FileUse& use_of(Usage& usage,
                Volume& volume,
                const FileRef& file,
                std::uint32_t tgid,
                const std::string& path) {
  FileUse& use = usage.uses[{tgid, file.inode()}];
  if (!path.empty()) {
    volume.file_names[file.ino] = below_generation(volume, path);
  }
  if (use.tgid == 0 || use.generation_ino != file.generation_ino) {
    // New, or an inode that the file system uses again.
    use = FileUse{};
    use.tgid = tgid;
    use.inode = file.inode();
    use.generation_ino = file.generation_ino;
  }
  if (use.file.empty() || !path.empty()) {
    if (const auto name = volume.file_names.find(file.ino); name != volume.file_names.end()) {
      use.file = name->second;
    }
  }
  if (use.generation.empty()) {
    if (const auto name = volume.generation_names.find(file.generation_ino);
        name != volume.generation_names.end()) {
      use.generation = name->second;
    } else if (volume.fact.atomic_links && !path.empty()) {
      use.generation = path.substr(0, path.find('/'));
    } else {
      use.generation = volume.fact.current.name;
    }
  }
  use.size = file.size;
  return use;
}

void note_open(FileUse& use, Timestamp at) {
  if (use.opened) {
    const Duration interval = at - use.opened;
    use.shortest_interval =
        use.reopened == 0 ? interval : std::min(use.shortest_interval, interval);
    use.longest_interval = std::max(use.longest_interval, interval);
    ++use.reopened;
  }
  use.opened = at;
}

Volume* World::volume(VolumeId id) {
  const auto it = volumes_.find(id);
  return it == volumes_.end() ? nullptr : &it->second;
}

Process* World::process(std::uint32_t tgid) {
  const auto it = processes_.find(tgid);
  return it == processes_.end() ? nullptr : &it->second;
}

const Process* World::process(std::uint32_t tgid) const {
  const auto it = processes_.find(tgid);
  return it == processes_.end() ? nullptr : &it->second;
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
  auto [it, is_new] = processes_.try_emplace(origin.tgid);
  Process& process = it->second;
  if (!is_new && !same_process(process, origin)) {
    remove_process(origin.tgid);
    return process_of(origin);
  }
  if (is_new) {
    process.tgid = origin.tgid;
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
  if (process.publisher) {
    return nullptr;
  }
  if (process.reader == nullptr) {
    if (!process.container_id.empty() || process.comm == kKubelet) {
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

void World::learn(const VolumeFact& fact) {
  Volume& volume = volumes_[fact.id];
  volume.fact = fact;
  if (fact.current.directory) {
    volume.generation_names[fact.current.directory.ino] = fact.current.name;
  }
  for (const FileFact& file : fact.current.files) {
    volume.file_names[file.ino] = file.path;
  }
}

void World::learn(const ContainerFact& fact) {
  Reader* reader = container(fact.id);
  if (reader == nullptr) {
    reader = readers_.emplace_back(std::make_unique<Reader>()).get();
    reader->container_id = fact.id;
    containers_[fact.id] = reader;
  }
  reader->container = fact;
  if (fact.main != 0) {
    reader->main = fact.main;
  }
  for (const std::uint64_t cgroup : fact.cgroup_ids) {
    container_of_cgroup_[cgroup] = fact.id;
  }
  for (auto& usage : reader->usages) {
    usage->pinned.clear();
  }
  for (const MountFact& mount : fact.mounts) {
    Volume* mounted = volume(mount.volume);
    if (mounted == nullptr) {
      continue;
    }
    Usage& usage = usage_in(*reader, *mounted);
    if (!mount.sub_path.empty()) {
      usage.pinned.push_back(mount);
      if (usage.path.empty()) {
        usage.path = mount.path;
      }
    } else if (!usage.whole) {
      usage.whole = true;
      usage.path = mount.path;
    }
  }
  for (auto& [tgid, process] : processes_) {
    if (process.container_id == fact.id) {
      join_container(process);
    }
  }
  reader->selected = reader->selected || selected(*reader);
}

void World::learn(const ProcessFact& fact) {
  Process* known = process(fact.tgid);
  const bool same = known != nullptr &&
                    same_process(*known, Origin{{}, fact.started, 0, fact.tgid, fact.tgid, {}});
  if (known != nullptr && !same) {
    remove_process(fact.tgid);
  }
  Process& process = processes_[fact.tgid];
  process.tgid = fact.tgid;
  if (!process.started) {
    process.started = fact.started;
  }
  process.parent = fact.parent;
  process.comm = fact.comm;
  if (!fact.exe.empty()) {
    process.exe = fact.exe;
  }
  process.role = fact.role;
  if (process.container_id.empty() && !fact.container_id.empty()) {
    process.container_id = fact.container_id;
  }
  join_container(process);
}

void World::learn(const WatchFact& fact) {
  if (Process* process = this->process(fact.tgid)) {
    process->inspected_watches.push_back(Watch{fact.fd,
                                               fact.wd,
                                               fact.mask,
                                               fact.volume,
                                               fact.target,
                                               fact.kind,
                                               fact.path,
                                               true,
                                               {},
                                               false,
                                               false});
  }
}

void World::learn(const HeldFact& fact) {
  if (Process* process = this->process(fact.tgid)) {
    process->inspected_held.push_back(fact);
  }
}

void World::learn(const InspectedFact& fact) {
  Process* process = this->process(fact.tgid);
  if (process == nullptr) {
    return;
  }
  std::vector<Watch> watches = std::move(process->inspected_watches);
  std::vector<HeldFact> held = std::move(process->inspected_held);
  process->inspected_watches.clear();
  process->inspected_held.clear();
  if (!fact.complete) {
    return;
  }
  for (Watch& old : process->watches) {
    const bool lives = std::any_of(watches.begin(), watches.end(), [&](const Watch& now) {
      return now.fd == old.fd && now.wd == old.wd && now.target == old.target;
    });
    if (!lives) {
      if (old.alive) {
        old.alive = false;
        old.ended = fact.at;
      }
      watches.push_back(std::move(old));
    }
  }
  process->watches = std::move(watches);
  process->held = std::move(held);
  for (const Watch& watch : process->watches) {
    if (Volume* watched = volume(watch.volume)) {
      usage_of(*process, *watched);
    }
  }
  for (const HeldFact& file : process->held) {
    Volume* held_volume = volume(file.volume);
    Usage* usage = held_volume != nullptr ? usage_of(*process, *held_volume) : nullptr;
    if (usage != nullptr && process->role == ProcessRole::Application) {
      usage->files.insert(file.path);
      held_volume->file_names.try_emplace(file.inode.ino, file.path);
    }
  }
}

void World::publish(Volume& volume, std::shared_ptr<const Publish> publish) {
  const PublishFact& fact = publish->fact;
  if (fact.to.directory) {
    volume.generation_names[fact.to.directory.ino] = fact.to.name;
    volume.preparing.erase(fact.to.directory.ino);
  }
  const Timestamp keep_from = volume.last ? volume.last->at() : Timestamp{};
  for (const FileFact& file : fact.to.files) {
    volume.file_names[file.ino] = file.path;
  }
  for (Usage* usage : volume.usages) {
    usage->failed_opens.clear();
    usage->observers.clear();
    while (!usage->notices.empty() && usage->notices.front().at < keep_from) {
      usage->notices.pop_front();
    }
    // What nobody touched since the publish before is remembered by inspections, if still held.
    std::erase_if(usage->uses, [&](const auto& entry) {
      return entry.second.opened < keep_from && entry.second.last_read < keep_from;
    });
    for (auto& [key, use] : usage->uses) {
      const auto name = volume.file_names.find(key.second.ino);
      if (name != volume.file_names.end()) {
        use.file = name->second;
      }
      if (fact.style == PublishStyle::InPlace && publish->changed(use.file)) {
        // The same inode: only what is read from now on is new.
        use.coverage.clear();
        use.completed = {};
        use.mapped = false;
      }
    }
  }
  volume.fact.current = fact.to;
  volume.last = std::move(publish);
}

std::vector<std::unique_ptr<Reader>> World::mark_publisher(Process& process, VolumeId volume) {
  std::vector<std::unique_ptr<Reader>> gone;
  process.publisher = true;
  Reader* reader = process.reader;
  if (reader == nullptr) {
    return gone;
  }
  if (reader->container_id.empty()) {
    gone.push_back(remove_reader(*reader));
    return gone;
  }
  // The container publishes this volume; it may still read others.
  if (Volume* published = this->volume(volume)) {
    std::erase_if(published->usages, [&](const Usage* usage) { return usage->reader == reader; });
  }
  std::erase_if(reader->usages, [&](const auto& usage) { return usage->volume == volume; });
  return gone;
}

void World::add_watch(Process& process, const WatchAddEvent& event) {
  TargetKind kind = TargetKind::File;
  if (event.target.ino == event.target.volume_ino) {
    kind = TargetKind::Root;
  } else if ((event.mask & 0x02000000U) != 0 && (event.target.mode & 0170000U) == 0120000U) {
    kind = TargetKind::Link;  // IN_DONT_FOLLOW on a symlink
  } else if ((event.target.mode & 0170000U) == 0040000U) {
    kind = TargetKind::Generation;
  }
  Watch watch{event.fd,
              event.wd,
              event.mask,
              event.target.volume(),
              event.target.inode(),
              kind,
              event.path,
              true,
              {},
              false,
              false};
  // The same wd on a living watch is a changed mask; wd numbers of dead ones are not used again
  // soon.
  if (Watch* known = find_watch(process, event.fd, event.wd)) {
    *known = std::move(watch);
  } else {
    process.watches.push_back(std::move(watch));
  }
}

Watch* World::find_watch(Process& process, int fd, int wd) {
  for (Watch& watch : process.watches) {
    if (watch.fd == fd && watch.wd == wd && watch.alive) {
      return &watch;
    }
  }
  return nullptr;
}

std::unique_ptr<Reader> World::remove_reader(Reader& reader) {
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
  if (!reader.container_id.empty()) {
    containers_.erase(reader.container_id);
    std::erase_if(container_of_cgroup_,
                  [&](const auto& entry) { return entry.second == reader.container_id; });
  }
  const auto it = std::find_if(readers_.begin(), readers_.end(),
                               [&](const auto& owned) { return owned.get() == &reader; });
  std::unique_ptr<Reader> out = std::move(*it);
  readers_.erase(it);
  return out;
}

void World::remove_process(std::uint32_t tgid) {
  const auto it = processes_.find(tgid);
  if (it == processes_.end()) {
    return;
  }
  if (Reader* reader = it->second.reader) {
    std::erase(reader->processes, tgid);
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
  reader.selected = selected(reader);
  return reader;
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
  process.reader = reader;
  reader->processes.push_back(process.tgid);
  reader->selected = reader->selected || selected(*reader);
}

bool World::selected(const Reader& reader) const {
  if (selection_.containers.empty() && selection_.pids.empty()) {
    return true;
  }
  const auto names_it = [&](const std::string& wanted) {
    return !reader.container_id.empty() &&
           (wanted == reader.container.name || wanted == reader.container_id ||
            (wanted.size() >= kShortId && reader.container_id.starts_with(wanted)));
  };
  const auto is_in_it = [&](std::uint32_t pid) {
    return std::find(reader.processes.begin(), reader.processes.end(), pid) !=
           reader.processes.end();
  };
  return std::any_of(selection_.containers.begin(), selection_.containers.end(), names_it) ||
         std::any_of(selection_.pids.begin(), selection_.pids.end(), is_in_it);
}

}  // namespace reloadtrace
