// SPDX-License-Identifier: Apache-2.0
// A publish that nobody saw: the volume's generation is younger than its readers, and was there
// when the trace began. What they read in between is not known, so they are judged by what they
// hold.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/engine.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// The start of a process is known to a clock tick of 10 ms, a link's time to a timer tick.
constexpr Duration kApart = 50ms;

bool began_before(const Reader& reader, Timestamp published, const World& world) {
  const Process* const main = world.process(reader.main);
  return main != nullptr && main->started && main->started + kApart < published;
}

bool is_current(const HeldFact& held, const GenerationFact& current) {
  return std::any_of(current.files.begin(), current.files.end(), [&](const FileFact& file) {
    return file.ino == held.inode.ino && file.ino != 0;
  });
}

struct Old {
  Diagnosis diagnosis;
  std::string generation;
  std::string file;
};

std::optional<Old> pinned_to_old(const Usage& usage, const GenerationFact& current) {
  if (usage.whole || usage.pinned.empty()) {
    return std::nullopt;
  }
  const MountFact& mount = usage.pinned.front();
  const bool all_old = std::all_of(usage.pinned.begin(), usage.pinned.end(), [&](const auto& m) {
    return !m.generation.empty() && m.generation != current.name;
  });
  if (!all_old) {
    return std::nullopt;
  }
  return Old{found(Cause::SubpathPinned, usage.reader->main, say_pinned(mount)), mount.generation,
             mount.sub_path};
}

// Only when nothing of the current generation is held: then it has opened nothing newer and kept
// it.
std::optional<Old> holds_old(const Usage& usage,
                             const GenerationFact& current,
                             const World& world) {
  std::optional<Old> old;
  bool holds_current = false;
  each_application(usage, world, [&](const Process& process) {
    for (const HeldFact& held : process.held) {
      if (held.volume != usage.volume) {
        continue;
      }
      holds_current = holds_current || is_current(held, current);
      if (old || is_current(held, current) || !held.unlinked || held.generation == current.name) {
        continue;
      }
      const bool mapped = held.fd < 0;
      const std::string how =
          mapped ? "maps it" : fmt::format("has it open as descriptor {}", held.fd);
      old = Old{found(mapped ? Cause::MappedOldFile : Cause::HeldOldFd, process.tgid,
                      fmt::format("{}[{}] goes on with {} of {}, which was deleted: it {}",
                                  process.comm, process.tgid, held.path, held.generation, how)),
                held.generation, held.path};
    }
  });
  return holds_current ? std::nullopt : old;
}

std::optional<Old> proof_against(const Usage& usage, const Volume& volume, const World& world) {
  const GenerationFact& current = volume.fact.current;
  auto old = pinned_to_old(usage, current);
  return old ? std::move(old) : holds_old(usage, current, world);
}

std::shared_ptr<Publish> publish_unseen(const Volume& volume, std::string from) {
  auto publish = std::make_shared<Publish>();
  publish->fact.at = volume.fact.published;
  publish->fact.volume = volume.fact.id;
  publish->fact.from = std::move(from);
  publish->fact.to = volume.fact.current;
  publish->fact.contents_known = false;
  publish->prepared = publish->earliest = volume.fact.published;
  for (const FileFact& file : volume.fact.current.files) {
    publish->fact.changed.push_back({file.path, ChangeKind::Modified});
    publish->files.emplace(file.path, file);
  }
  return publish;
}

}  // namespace

void Engine::look_for_missed(Timestamp now) {
  std::vector<Volume*> volumes;
  world_.each_volume([&](Volume& volume) {
    if (volume.fact.published && !volume.fact.link.empty() && !volume.last) {
      volumes.push_back(&volume);
    }
  });
  std::sort(volumes.begin(), volumes.end(), [](const Volume* a, const Volume* b) {
    return std::pair(a->fact.published, a->fact.id) < std::pair(b->fact.published, b->fact.id);
  });
  for (Volume* const volume : volumes) {
    begin_missed(*volume, now);
  }
}

void Engine::begin_missed(Volume& volume, Timestamp now) {
  const Timestamp published = volume.fact.published;
  std::vector<Usage*> older;
  std::optional<Old> proof;
  for (Usage* const usage : volume.usages) {
    if (usage->reader->selected && began_before(*usage->reader, published, world_)) {
      older.push_back(usage);
      proof = proof ? std::move(proof) : proof_against(*usage, volume, world_);
    }
  }
  // Of a publish whose time is over nothing is said unless it left somebody behind.
  const bool over = published + options_.deadline <= now;
  if (older.empty() || (over && !proof)) {
    return;
  }
  const auto publish = publish_unseen(volume, proof ? proof->generation : std::string{});
  volume.last = publish;
  announce(volume, *publish, older.size());
  for (Usage* const usage : older) {
    Judgement& judgement = usage->judgement.emplace();
    usage->verdict.reset();
    judgement.publish = publish;
    judgement.before_trace = true;
    judgement.deadline = std::max(published + options_.deadline, now);
    judgement.any = usage->files.empty();
    for (const auto& [path, file] : publish->files) {
      if (judgement.any || usage->files.contains(path)) {
        judgement.required.push_back(path);
      }
    }
    next_deadline_ = std::min(next_deadline_, judgement.deadline);
    if (over) {
      conclude_missed(*usage, now);  // what it holds has just been told
    }
  }
}

void Engine::conclude_missed(Usage& usage, Timestamp now) {
  const Volume* const volume = world_.volume(usage.volume);
  const Timestamp published = usage.judgement->publish->at();
  auto proof = proof_against(usage, *volume, world_);
  if (!proof || usage.judgement->publish->fact.to.name != volume->fact.current.name) {
    close(
        usage, Verdict::Unknown,
        fmt::format("published {} before the trace began: whether it was reread since was not seen",
                    say(session_.at - published)),
        now);
    return;
  }
  usage.judgement->phase = Phase::Said;
  usage.judgement->required = {proof->file};
  proof->diagnosis.evidence +=
      fmt::format("; published {} before the trace began", say(session_.at - published));
  give(usage, Verdict::Stale, std::move(proof->diagnosis), now);
}

}  // namespace reloadtrace
