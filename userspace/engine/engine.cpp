// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/engine.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "userspace/engine/evidence.h"
#include "userspace/engine/report_builder.h"

namespace reloadtrace {
namespace {

// A storm of notifications is remembered by its latest ones; a diagnosis needs a handful.
constexpr std::size_t kMaxNotices = 256;
constexpr std::size_t kMaxFailedOpens = 64;

bool is_directory(const FileRef& file) {
  return S_ISDIR(file.mode);
}

}  // namespace

Engine::Engine(EngineOptions options, Say say, Inspect inspect)
    : options_(std::move(options)),
      say_(std::move(say)),
      inspect_(std::move(inspect)),
      world_(options_.selection) {}

void Engine::observe(const Event& event) {
  advance_to(time_of(event));
  std::visit([&](const auto& e) { on(e); }, event);
}

void Engine::on(const SessionFact& fact) {
  session_ = fact;
}

void Engine::on(const ReadyFact& fact) {
  ready_ = true;
  StartReport start{fact.at,
                    session_.wall_offset_ns,
                    session_.tracer_version,
                    session_.kernel,
                    session_.node,
                    {},
                    volumes(),
                    readers()};
  for (const HookStatus& hook : session_.hooks) {
    start.hooks.emplace_back(hook.name, name_of(hook.state));
  }
  say_(start);
}

void Engine::on(const EndFact& fact) {
  world_.each_reader([&](Reader& reader) {
    close_all(reader, Verdict::Pending, "the tracer was stopped before the deadline", fact.at);
  });
  say_(StopReport{fact.at, verdict_totals_, lost_totals_});
}

void Engine::on(const VolumeFact& fact) {
  world_.learn(fact);
}

void Engine::on(const VolumeGoneFact& fact) {
  if (Volume* volume = world_.volume(fact.id)) {
    for (Usage* usage : volume->usages) {
      close(*usage, Verdict::Unknown, "the volume vanished before the deadline", fact.at);
    }
    world_.remove_volume(fact.id);
  }
}

void Engine::on(const ContainerFact& fact) {
  const bool is_new = world_.container(fact.id) == nullptr;
  world_.learn(fact);
  if (is_new && options_.evidence) {
    tell_reader(*world_.container(fact.id), world_, fact.at, say_);
  }
}

void Engine::on(const ContainerGoneFact& fact) {
  if (Reader* reader = world_.container(fact.id)) {
    close_all(*reader, Verdict::Exited, "the container ended", fact.at);
    world_.remove_reader(*reader);
  }
}

void Engine::on(const ProcessFact& fact) {
  world_.learn(fact);
}

void Engine::on(const InspectedFact& fact) {
  world_.learn(fact);
  const Process* process = world_.process(fact.tgid);
  Reader* reader = process != nullptr ? process->reader : nullptr;
  world_.each_usage([&](Usage& usage) {
    if (usage.judgement && usage.judgement->phase == Phase::Inspecting &&
        (usage.reader == reader || reader == nullptr) &&
        usage.judgement->awaiting.erase(fact.tgid) != 0 && usage.judgement->awaiting.empty()) {
      conclude(usage, fact.at);
    }
  });
}

void Engine::on(const OpenFailedFact& fact) {
  Process* process = world_.process(fact.tgid);
  Volume* volume = world_.volume(fact.volume);
  if (process == nullptr || volume == nullptr || process->role == ProcessRole::Observer) {
    return;
  }
  if (Usage* usage = world_.usage_of(*process, *volume)) {
    if (usage->failed_opens.size() < kMaxFailedOpens) {
      usage->failed_opens.push_back(fact);
    }
    tell(options_.evidence, fact, *usage, *process, world_, say_);
  }
}

void Engine::on(const LossFact& fact) {
  LossReport report{fact.at, fact.since, fact.at, {}};
  for (const LossCount& lost : fact.lost) {
    const std::string cause(name_of(lost.cause));
    report.lost[cause] += lost.count;
    lost_totals_[cause] += lost.count;
  }
  losses_.push_back(fact);
  while (losses_.front().at + 2 * options_.deadline < now_) {
    losses_.pop_front();
  }
  say_(report);
}

FileUse* Engine::touch(const Origin& origin,
                       const FileRef& file,
                       const std::string& path,
                       Usage*& usage) {
  Volume* volume = world_.volume(file.volume());
  if (volume == nullptr) {
    return nullptr;
  }
  Process& process = world_.process_of(origin);
  usage = world_.usage_of(process, *volume);
  if (usage == nullptr) {
    return nullptr;
  }
  if (process.role == ProcessRole::Observer) {
    usage->observers.try_emplace(origin.tgid, process.comm);
    return nullptr;
  }
  return &use_of(*usage, *volume, file, origin.tgid, path);
}

void Engine::on(const OpenEvent& event) {
  if (is_directory(event.file)) {
    return;
  }
  Usage* usage = nullptr;
  FileUse* use = touch(event.origin, event.file, event.path, usage);
  if (usage != nullptr) {
    tell(options_.evidence, event, *usage, *world_.process(event.origin.tgid), world_, say_);
  }
  if (use == nullptr) {
    return;
  }
  note_open(*use, event.origin.at);
  if (!use->file.empty()) {
    usage->files.insert(use->file);
  }
  if (event.file.size == 0 && !event.file.writer_present) {
    use->completed = event.origin.at;  // there is nothing to read in it
    settle(*usage, event.origin.at);
  }
}

void Engine::on(const WriteOpenEvent& event) {
  Volume* volume = world_.volume(event.file.volume());
  if (volume == nullptr || is_directory(event.file)) {
    return;
  }
  // What was read of this inode so far is not what it will hold.
  for (Usage* usage : volume->usages) {
    std::erase_if(usage->uses, [&](const auto& entry) {
      return entry.first.second == event.file.inode() &&
             entry.second.generation_ino != volume->fact.current.directory.ino;
    });
  }
  const std::uint64_t making =
      event.file.generation_ino != 0 ? event.file.generation_ino : event.file.ino;
  volume->preparing.try_emplace(making, event.origin.at);
}

void Engine::on(const ReadEvent& event) {
  Usage* usage = nullptr;
  FileUse* use = touch(event.origin, event.file, {}, usage);
  if (usage != nullptr) {
    tell(options_.evidence, event, *usage, *world_.process(event.origin.tgid), world_, say_);
  }
  if (use == nullptr) {
    return;
  }
  use->last_read = event.origin.at;
  usage->last_read = event.origin.at;
  if (usage->last_read_file != use->file) {
    usage->last_read_file = use->file;
  }
  use->coverage.add(event.offset, event.count);
  if (use->coverage.covers(event.file.size) && !event.file.writer_present) {
    if (!use->completed) {
      use->completed = event.origin.at;
    }
    settle(*usage, event.origin.at);
  }
}

void Engine::on(const MapEvent& event) {
  Usage* usage = nullptr;
  FileUse* use = touch(event.origin, event.file, event.path, usage);
  if (usage != nullptr) {
    tell(options_.evidence, event, *usage, *world_.process(event.origin.tgid), world_, say_);
  }
  if (use == nullptr) {
    return;
  }
  use->last_read = event.origin.at;
  usage->last_read = event.origin.at;
  usage->last_read_file = use->file;
  use->mapped = true;
  use->coverage.add(event.offset, event.length);
  if (!use->file.empty()) {
    usage->files.insert(use->file);
  }
  if (use->coverage.covers(event.file.size)) {
    use->completed = event.origin.at;
    settle(*usage, event.origin.at);
  }
}

void Engine::on(const WatchAddEvent& event) {
  Volume* volume = world_.volume(event.target.volume());
  if (volume == nullptr) {
    return;
  }
  Process& process = world_.process_of(event.origin);
  world_.add_watch(process, event);
  if (Usage* usage = world_.usage_of(process, *volume)) {
    tell(options_.evidence, event, *usage, process, world_, say_);
  }
}

void Engine::on(const WatchRemoveEvent& event) {
  Process& process = world_.process_of(event.origin);
  if (Watch* watch = world_.find_watch(process, event.fd, event.wd)) {
    watch->alive = false;
    watch->removed = true;
    watch->ended = event.origin.at;
  }
}

void Engine::on(const NotifyEvent& event) {
  Process& process = world_.process_of(event.origin);
  Watch* watch = world_.find_watch(process, event.fd, event.wd);
  Volume* volume = watch != nullptr ? world_.volume(watch->volume) : nullptr;
  Usage* usage = volume != nullptr ? world_.usage_of(process, *volume) : nullptr;
  if (usage == nullptr) {
    return;
  }
  tell(options_.evidence, event, *usage, process, world_, say_);
  if ((event.mask & IN_IGNORED) != 0) {
    watch->alive = false;
    watch->ignored = true;
    watch->ended = event.origin.at;
  }
  if (process.role == ProcessRole::Observer) {
    return;
  }
  usage->notices.push_back({event.origin.at, event.origin.tgid, event.mask, event.name});
  if (usage->notices.size() > kMaxNotices) {
    usage->notices.pop_front();
  }
}

void Engine::on(const ForkEvent& event) {
  // The node tells of the child in a ProcessFact; without one it is like its parent.
  const Process& parent = world_.process_of(event.origin);
  if (world_.process(event.child) == nullptr) {
    world_.learn(ProcessFact{event.origin.at, event.child, event.child_started, parent.tgid,
                             parent.comm, parent.exe, parent.container_id, parent.role});
  }
}

void Engine::on(const ExecEvent& event) {
  Process& process = world_.process_of(event.origin);
  process.executed = event.origin.at;
  process.comm = event.origin.comm;
  process.parent = event.parent;
  // Close-on-exec descriptors are gone; an inspection tells which are not.
  std::erase_if(process.watches, [](const Watch& watch) { return watch.alive; });
  if (process.reader != nullptr) {
    for (const auto& usage : process.reader->usages) {
      tell(options_.evidence, event, *usage, process, world_, say_);
    }
  }
}

void Engine::on(const ExitEvent& event) {
  Process* process = world_.process(event.origin.tgid);
  if (process == nullptr) {
    return;
  }
  Reader* reader = process->reader;
  if (reader != nullptr) {
    for (const auto& usage : reader->usages) {
      tell(options_.evidence, event, *usage, *process, world_, say_);
      if (usage->judgement && usage->judgement->awaiting.erase(event.origin.tgid) != 0 &&
          usage->judgement->awaiting.empty()) {
        conclude(*usage, event.origin.at);
      }
    }
    if (reader->main == event.origin.tgid) {
      const bool container = !reader->container_id.empty();
      close_all(*reader, Verdict::Exited,
                container ? "the container's main process ended" : "the process ended",
                event.origin.at);
      if (!container) {
        world_.remove_reader(*reader);
      }
    }
  }
  world_.remove_process(event.origin.tgid);
}

}  // namespace reloadtrace
