// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/engine.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "userspace/engine/capability.h"
#include "userspace/engine/evidence.h"
#include "userspace/engine/file_use.h"
#include "userspace/engine/habit.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/watches.h"

namespace reloadtrace {
namespace {

// A storm of notifications is remembered by its latest ones; a diagnosis needs a handful.
constexpr std::size_t kMaxNotices = 256;
constexpr std::size_t kMaxFailedOpens = 64;

bool is_directory(const FileRef& file) {
  return S_ISDIR(file.mode);
}

// The pid was used again by this process before the end of an earlier one was told.
bool is_later(const Process& process, Timestamp started) {
  return !is_same(process, started) && process.started > started;
}

}  // namespace

Engine::Engine(EngineOptions options, Say say, Inspect inspect)
    : options_(std::move(options)),
      say_(std::move(say)),
      inspect_(std::move(inspect)),
      world_(options_.selection) {}

Engine::~Engine() = default;

std::vector<ReaderReport> Engine::capabilities() const {
  std::vector<ReaderReport> out;
  world_.each_reader([&](const Reader& reader) {
    for (const auto& usage : reader.usages) {
      if (reader.selected) {
        out.push_back(judge_capability(*usage, world_, options_.deadline, now_));
      }
    }
  });
  return out;
}

void Engine::introduce(const Reader& reader, Timestamp at) const {
  for (const auto& usage : reader.usages) {
    say_(judge_capability(*usage, world_, options_.deadline, at));
  }
}

void Engine::observe(const Event& event) {
  advance_to(time_of(event));
  std::visit([&](const auto& e) { on(e); }, event);
}

void Engine::on(const SessionFact& fact) {
  session_ = fact;
  world_.learn(fact);
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
  if (options_.evidence) {
    world_.each_reader([&](const Reader& reader) { introduce(reader, fact.at); });
  }
  look_for_missed(fact.at);
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
  if (is_new && ready_ && options_.evidence) {
    introduce(*world_.container(fact.id), fact.at);
  }
}

void Engine::on(const ContainerGoneFact& fact) {
  if (Reader* reader = world_.container(fact.id)) {
    // Also those whose end went unseen. (Some may go on: what a runtime began a container with, and
    // was taken for its main process, ends while that goes on.)
    const std::vector<std::uint32_t> tgids = reader->processes;
    end(*reader, "the container ended", fact.at);
    for (const std::uint32_t tgid : tgids) {
      world_.end_process(tgid, false);
    }
  }
}

void Engine::on(const ProcessFact& fact) {
  world_.learn(fact);
}

void Engine::on(const InspectedFact& fact) {
  world_.learn(fact);
  const Process* process = world_.process(fact.tgid);
  const Reader* reader = process != nullptr ? process->reader : nullptr;
  bool awaited = false;
  const auto answer = [&](Usage& usage) {
    if (usage.judgement && usage.judgement->phase == Phase::Inspecting &&
        usage.judgement->awaiting.erase(fact.tgid) != 0) {
      (fact.complete ? usage.judgement->looked : usage.judgement->refused) = true;
      awaited = true;
    }
  };
  if (reader != nullptr) {
    for (const auto& usage : reader->usages) {
      answer(*usage);
    }
  } else {
    world_.each_usage(answer);
  }
  if (awaited) {
    conclude_answered(fact.at);
  }
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

// Missing as if it had never been there, also for publishes that are not judged yet: from when on
// what each of them needs went unseen is not worth a guess.
void Engine::on(const ShedFact& fact) {
  for (HookStatus& hook : session_.hooks) {
    if (hook.name == fact.hook) {
      hook.state = HookState::Missing;
    }
  }
  say_(ShedReport{fact.at, fact.hook, static_cast<double>(fact.cost_ppm) / 1e4,
                  static_cast<double>(fact.limit_ppm) / 1e4});
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

void Engine::note_use(Usage& usage, const FileUse& use) {
  const Process* const process = world_.process(use.tgid);
  if (process == nullptr || !may_be_observer(*process)) {
    usage.files.insert(use.file);
  }
}

void Engine::on(const OpenEvent& event) {
  if (is_directory(event.file) || (event.flags & O_PATH) != 0) {
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
  note_open(*usage, *use, event.origin.at);
  if (!use->file.empty()) {
    note_use(*usage, *use);
    note_open_as_look(*usage, world_, *world_.process(event.origin.tgid), *use);
  }
  if (event.file.size == 0 && !event.file.writer_present) {
    if (!use->completed) {
      use->completed = event.origin.at;  // there is nothing to read in it
    }
    settle(*usage, event.origin.at);
  }
}

void Engine::on(const WriteOpenEvent& event) {
  Volume* volume = world_.volume(event.file.volume());
  if (volume == nullptr || is_directory(event.file)) {
    return;
  }
  note_write_open(*volume, event);
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
  if (!use->coverage.covers(event.file.size)) {
    return;
  }
  if (event.file.writer_present) {
    use->while_written = true;
    return;
  }
  if (!use->completed) {
    use->completed = event.origin.at;
    use->while_written = false;
    usage->last_readers.insert_or_assign(use->file,
                                         LastReader{use->tgid, event.origin.comm, event.origin.at});
  }
  settle(*usage, event.origin.at);
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
    note_use(*usage, *use);
  }
  if (use->coverage.covers(event.file.size)) {
    if (!use->completed) {
      use->completed = event.origin.at;
    }
    settle(*usage, event.origin.at);
  }
}

void Engine::on(const WatchAddEvent& event) {
  Volume* volume = world_.volume(event.target.volume());
  if (volume == nullptr) {
    return;
  }
  Process& process = world_.process_of(event.origin);
  add_watch(process, event);
  if (Usage* usage = world_.usage_of(process, *volume)) {
    tell(options_.evidence, event, *usage, process, world_, say_);
  }
}

void Engine::on(const WatchRemoveEvent& event) {
  Process& process = world_.process_of(event.origin);
  if (Watch* watch = find_watch(process, event.fd, event.wd)) {
    watch->alive = false;
    watch->removed = true;
    watch->ended = event.origin.at;
  }
}

void Engine::on(const NotifyEvent& event) {
  Process& process = world_.process_of(event.origin);
  const Notice notice{event.origin.at, event.origin.tgid, event.mask, event.name};
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    // Of no watch: whoever is watched through this descriptor may have been in it.
    std::set<VolumeId> watched;
    for (const Watch& watch : process.watches) {
      if (watch.fd == event.fd && watch.alive && watched.insert(watch.volume).second) {
        if (Usage* usage = hear(process, watch.volume, notice)) {
          tell(options_.evidence, event, *usage, process, world_, say_);
        }
      }
    }
    return;
  }
  Watch* watch = find_watch(process, event.fd, event.wd);
  Usage* usage = watch != nullptr ? hear(process, watch->volume, notice) : nullptr;
  if (usage == nullptr) {
    return;
  }
  tell(options_.evidence, event, *usage, process, world_, say_);
  if ((event.mask & IN_IGNORED) != 0) {
    watch->alive = false;
    watch->ignored = true;
    watch->ended = event.origin.at;
  }
}

Usage* Engine::hear(Process& process, VolumeId id, Notice notice) {
  Volume* volume = world_.volume(id);
  Usage* usage = volume != nullptr ? world_.usage_of(process, *volume) : nullptr;
  if (usage != nullptr && process.role == ProcessRole::Application) {
    usage->notices.push_back(std::move(notice));
    if (usage->notices.size() > kMaxNotices) {
      usage->notices.pop_front();
    }
  }
  return usage;
}

void Engine::on(const ForkEvent& event) {
  // The node tells of the child in a ProcessFact; without one it is like its parent.
  const Process& parent = world_.process_of(event.origin);
  const Process* known = world_.process(event.child);
  if (known == nullptr || !is_same(*known, event.child_started)) {
    world_.learn(ProcessFact{event.origin.at, event.child, event.child_started, parent.tgid,
                             parent.comm, parent.exe, parent.container_id, parent.role});
  }
  inherit_watches(*world_.process(event.child), *world_.process(event.origin.tgid));
}

void Engine::on(const ExecEvent& event) {
  Process& process = world_.process_of(event.origin);
  process.executed = event.origin.at;
  process.program.reset();
  process.comm = event.origin.comm;
  process.parent = event.parent;
  end_watches_by_exec(process, event.origin.at);
  if (process.reader != nullptr) {
    for (const auto& usage : process.reader->usages) {
      tell(options_.evidence, event, *usage, process, world_, say_);
    }
  }
}

void Engine::on(const ExitEvent& event) {
  Process* process = world_.process(event.origin.tgid);
  if (process == nullptr || is_later(*process, event.origin.started)) {
    return;
  }
  if (process->gone) {
    process->end_seen = true;
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
      if (reader->container_id.empty()) {
        end(*reader, kProcessEnded, event.origin.at);
      } else {
        close_all(*reader, Verdict::Exited, "the container's main process ended", event.origin.at);
      }
    }
  }
  world_.end_process(event.origin.tgid, true);
}

}  // namespace reloadtrace
