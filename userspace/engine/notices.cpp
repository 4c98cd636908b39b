// SPDX-License-Identifier: Apache-2.0
// How the engine learns of the ways in which readers are told, beside inotify: polls, signals, HTTP
// requests, fanotify; and of watches that could not be set up.
#include <set>
#include <utility>

#include "userspace/engine/engine.h"
#include "userspace/engine/evidence.h"
#include "userspace/engine/habit.h"
#include "userspace/engine/watches.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kMaxRequests = 64;
constexpr std::size_t kMaxFailedWatches = 16;

// The request that this event is of: itself, or the one that it answers.
Request* find_request(Reader& reader, const HttpEvent& event) {
  for (Request& request : reader.requests) {
    if (request.kind == TriggerKind::Http && request.at == event.requested &&
        request.http.socket_ino == event.socket_ino) {
      return &request;
    }
  }
  return nullptr;
}

// Who was to get it; of a refused one its sender when nobody, or nobody of a reader, was.
Process& asked(World& world, const SignalEvent& event) {
  if (event.outcome == SignalOutcome::Refused) {
    Process* target = world.process(event.target);
    const bool reads =
        target != nullptr && target->reader != nullptr && is_same(*target, event.target_started);
    return reads ? *target : world.process_of(event.origin);
  }
  return world.process_of(Origin{event.origin.at, event.target_started, event.target_cgroup,
                                 event.target, event.target, event.target_comm});
}

}  // namespace

void Engine::on(const PollFact& fact) {
  const Process* process = world_.process(fact.tgid);
  Usage* usage = process != nullptr && process->reader != nullptr
                     ? process->reader->usage_of(fact.volume)
                     : nullptr;
  if (usage == nullptr || process->role == ProcessRole::Observer) {
    return;  // who merely looks is no reader
  }
  note_poll(*usage, world_, *process, fact);
  tell(options_.evidence, fact, *usage, *process, world_, say_);
}

void Engine::on(const WatchFailedFact& fact) {
  Process* process = world_.process(fact.tgid);
  if (process == nullptr || process->role == ProcessRole::Observer) {
    return;
  }
  auto& failed = process->failed_watches;
  if (failed.size() >= kMaxFailedWatches) {
    failed.erase(failed.begin());
  }
  failed.push_back(fact);
  if (process->reader == nullptr) {
    return;
  }
  for (const auto& usage : process->reader->usages) {
    if (!fact.volume || usage->volume == fact.volume) {
      tell(options_.evidence, fact, *usage, *process, world_, say_);
    }
  }
}

Request* Engine::note(Process& process, Request request) {
  if (process.reader == nullptr || process.role == ProcessRole::Observer) {
    return nullptr;
  }
  auto& requests = process.reader->requests;
  if (!requests.empty() && requests.back().at == request.at &&
      requests.back().kind == request.kind && requests.back().tgid == request.tgid) {
    return &requests.back();  // the same record again
  }
  requests.push_back(std::move(request));
  if (requests.size() > kMaxRequests) {
    requests.pop_front();
  }
  return &requests.back();
}

void Engine::on(const SignalEvent& event) {
  Process& process = asked(world_, event);
  Request request;
  request.at = event.origin.at;
  request.kind = TriggerKind::Signal;
  request.tgid = process.tgid;
  request.signal = event;
  note(process, std::move(request));
  if (process.reader == nullptr) {
    return;
  }
  for (const auto& usage : process.reader->usages) {
    tell(options_.evidence, event, *usage, process, world_, say_);
  }
}

void Engine::on(const HttpEvent& event) {
  Process& process = world_.process_of(event.origin);
  if (process.reader == nullptr) {
    return;
  }
  Request* request = find_request(*process.reader, event);
  if (request == nullptr) {
    Request asked;
    asked.at = event.requested;
    asked.kind = TriggerKind::Http;
    asked.tgid = process.tgid;
    asked.http = event;
    request = note(process, std::move(asked));
  }
  if (request != nullptr && event.status != 0) {
    request->http.status = event.status;
    request->answered = event.origin.at;
  }
  for (const auto& usage : process.reader->usages) {
    tell(options_.evidence, event, *usage, process, world_, say_);
  }
}

void Engine::on(const FanotifyMarkEvent& event) {
  Volume* volume = world_.volume(event.target.volume());
  if (volume == nullptr) {
    return;
  }
  Process& process = world_.process_of(event.origin);
  add_mark(process, event);
  if (Usage* usage = world_.usage_of(process, *volume)) {
    tell(options_.evidence, event, *usage, process, world_, say_);
  }
}

void Engine::on(const FanotifyEvent& event) {
  Process& process = world_.process_of(event.origin);
  // It does not say which of the group's marks it is from.
  std::set<VolumeId> watched;
  for (const Watch& watch : process.watches) {
    if (watch.fanotify && watch.fd == event.fd && watched.insert(watch.volume).second) {
      hear(process, watch.volume,
           {event.origin.at, process.tgid, static_cast<std::uint32_t>(event.mask), event.name,
            true});
      if (Usage* usage =
              process.reader != nullptr ? process.reader->usage_of(watch.volume) : nullptr) {
        tell(options_.evidence, event, *usage, process, world_, say_);
      }
    }
  }
}

}  // namespace reloadtrace
