// SPDX-License-Identifier: Apache-2.0
// What facts change in the engine's memory.
#include <algorithm>
#include <chrono>
#include <utility>

#include "userspace/engine/file_use.h"
#include "userspace/engine/world.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// /proc gives start times in clock ticks of 10 ms, the kernel events in nanoseconds.
constexpr Duration kStartTimeSlack = 25ms;

// Files that were written and never published, as far as anybody is interested.
constexpr std::size_t kMaxPreparing = 4096;

void name_files(Volume& volume, const GenerationFact& generation) {
  for (const FileFact& file : generation.files) {
    if (file.ino != 0) {
      volume.file_names.insert_or_assign(file.ino, KnownFile{file.path, generation.name, true});
    }
  }
}

}  // namespace

bool is_same(const Process& process, Timestamp started) {
  if (!process.started || !started) {
    return true;
  }
  const Duration apart = process.started - started;
  return apart < kStartTimeSlack && apart > -kStartTimeSlack;
}

void World::learn(const VolumeFact& fact) {
  Volume& volume = volumes_[fact.id];
  volume.fact = fact;
  name_files(volume, fact.current);
  for (const auto& reader : readers_) {
    const bool mounts =
        std::any_of(reader->container.mounts.begin(), reader->container.mounts.end(),
                    [&](const MountFact& mount) { return mount.volume == fact.id; });
    if (mounts) {
      attach_mounts(*reader);
    }
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
  attach_mounts(*reader);
  for (auto& [tgid, process] : processes_) {
    if (process.container_id == fact.id) {
      join_container(process);
    }
  }
  reader->selected = reader->selected || selection_.takes(*reader);
}

void World::learn(const ProcessFact& fact) {
  if (const auto departed = departed_.find(fact.tgid); departed != departed_.end()) {
    if (is_same(departed->second, fact.started) && departed->second.end_seen) {
      return;
    }
    departed_.erase(departed);
  }
  if (const Process* known = process(fact.tgid);
      known != nullptr && !is_same(*known, fact.started)) {
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
  process.told = true;
  if (process.container_id.empty() && !fact.container_id.empty()) {
    process.container_id = fact.container_id;
  }
  join_container(process);
}

void World::learn(const WatchFact& fact) {
  if (Process* process = this->process(fact.tgid)) {
    Watch& watch = process->inspected_watches.emplace_back(
        Watch{fact.fd, fact.wd, fact.mask, fact.volume, fact.target, fact.kind, fact.path});
    watch.fanotify = fact.fanotify;
  }
}

void World::learn(const ProgramFact& fact) {
  if (Process* process = this->process(fact.tgid)) {
    process->program = fact;
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
  process->looked_at = true;
  process->io_uring = fact.io_uring;
  process->compat = fact.compat;
  for (Watch& old : process->watches) {
    const auto lives = std::find_if(watches.begin(), watches.end(), [&](const Watch& now) {
      return now.fd == old.fd && now.wd == old.wd && now.target == old.target;
    });
    if (lives != watches.end()) {
      lives->added = old.added;
      continue;
    }
    // Not of marks: recordings of earlier versions tell of inotify's watches only.
    if (old.alive && !old.fanotify) {
      old.alive = false;
      old.ended = fact.at;
    }
    watches.push_back(std::move(old));
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
      held_volume->file_names.try_emplace(file.inode.ino,
                                          KnownFile{file.path, file.generation, true});
    }
  }
}

void World::publish(Volume& volume, std::shared_ptr<const Publish> publish) {
  const PublishFact& fact = publish->fact;
  volume.preparing.erase(fact.to.directory.ino);
  for (const FileFact& file : fact.to.files) {
    volume.preparing.erase(file.ino);
  }
  if (volume.preparing.size() > kMaxPreparing) {
    volume.preparing.clear();
  }
  name_files(volume, fact.to);
  const Timestamp keep_from = volume.last ? volume.last->at() : Timestamp{};
  for (Usage* usage : volume.usages) {
    // A fast application has tried, and failed, before the rename returned to the publisher.
    std::erase_if(usage->failed_opens,
                  [&](const OpenFailedFact& failed) { return failed.at < publish->prepared; });
    usage->observers.clear();
    while (!usage->notices.empty() && usage->notices.front().at < keep_from) {
      usage->notices.pop_front();
    }
    turn_to(*usage, volume, *publish, keep_from);
  }
  const GenerationFact before = std::exchange(volume.fact.current, fact.to);
  volume.fact.published = fact.at;
  forget_old_names(volume, before);
  volume.last = std::move(publish);
}

}  // namespace reloadtrace
