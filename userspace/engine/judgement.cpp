// SPDX-License-Identifier: Apache-2.0
// The life of a judgement: begun by a publish, settled by a reread, concluded at the deadline.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "userspace/engine/engine.h"
#include "userspace/engine/process_table.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/trigger.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// A recording that was cut off may lack the inspections of its last deadlines.
constexpr Duration kInspectionGrace = 1s;

// When the publisher began to write the files that it changed was seen of each.
bool was_seen_prepared(const Volume& volume, const PublishFact& fact) {
  return std::all_of(fact.changed.begin(), fact.changed.end(), [&](const FileChange& change) {
    const auto file = std::find_if(fact.to.files.begin(), fact.to.files.end(),
                                   [&](const FileFact& f) { return f.path == change.path; });
    return change.kind == ChangeKind::Removed ||
           (file != fact.to.files.end() && volume.preparing.contains(file->ino));
  });
}

// The volume was seen to have another generation then.
Timestamp first_possible(const Volume& volume, Timestamp traced_since) {
  return volume.last ? volume.last->at() : traced_since;
}

Timestamp prepared_at(const Volume& volume, const PublishFact& fact, Timestamp traced_since) {
  Timestamp prepared = fact.at - kEarlyNotice;
  if (fact.style != PublishStyle::InPlace && !was_seen_prepared(volume, fact)) {
    // It was there before the trace: who heard of the rename may have reread long before that
    // returned.
    prepared = std::min(prepared,
                        std::max(fact.at - kLongestRename, first_possible(volume, traced_since)));
  }
  const auto earlier = [&](std::uint64_t making) {
    if (const auto it = volume.preparing.find(making); it != volume.preparing.end()) {
      prepared = std::min(prepared, it->second);
    }
  };
  earlier(fact.to.directory.ino);
  for (const FileFact& file : fact.to.files) {
    earlier(file.ino);
  }
  return prepared;
}

// A file that it uses, of which nobody knows whether it changed.
bool uses_what_was_not_compared(const Usage& usage, const Publish& publish) {
  return !publish.fact.contents_known &&
         (usage.files.empty() ||
          std::any_of(usage.files.begin(), usage.files.end(),
                      [&](const std::string& file) { return !publish.files.contains(file); }));
}

std::string say_pseudo(const FileDiff& diff) {
  return diff.ignored != 0
             ? fmt::format("in {} only keys changed that --ignore-key names", diff.path)
             : fmt::format("{} changed in comments, order or white space alone", diff.path);
}

bool sooner(const Usage* a, const Usage* b) {
  return a->judgement->deadline < b->judgement->deadline;
}

}  // namespace

void Engine::on(const PublishFact& fact) {
  Volume* volume = world_.volume(fact.volume);
  if (volume == nullptr || (volume->last && volume->last->at() == fact.at &&
                            volume->last->fact.to.name == fact.to.name)) {
    return;
  }
  auto publish = std::make_shared<Publish>();
  publish->fact = fact;
  publish->prepared = prepared_at(*volume, fact, session_.at);
  publish->earliest =
      was_seen_prepared(*volume, fact) ? publish->prepared : first_possible(*volume, session_.at);
  if (fact.writer_tgid == 0) {
    // Found by comparing, some time after it was made.
    publish->earliest = publish->prepared = first_possible(*volume, session_.at);
  }
  for (const FileFact& file : fact.to.files) {
    publish->files.emplace(file.path, file);
  }
  if (fact.writer_tgid != 0) {
    Origin writer{fact.at, {}, 0, fact.writer_tgid, fact.writer_tgid, fact.writer_comm};
    world_.mark_publisher(world_.process_of(writer), fact.volume);
  }
  for (Usage* usage : volume->usages) {
    close(*usage, Verdict::Superseded,
          fmt::format("{} was published {} later", fact.to.name,
                      usage->judgement ? say(fact.at - usage->judgement->publish->at()) : ""),
          fact.at);
    usage->judgement.reset();
  }
  world_.publish(*volume, publish);
  const auto ended = early_ends_.of(*publish, fact.volume);
  const auto asked =
      std::count_if(volume->usages.begin(), volume->usages.end(),
                    [](const Usage* usage) { return usage->reader->selected; }) +
      std::ranges::count_if(ended, [](const auto* end) { return end->reader->selected; });
  announce(*volume, *publish, static_cast<std::size_t>(asked));
  for (const EarlyEnds::End* end : ended) {
    exited_early(*end, publish);
  }
  for (Usage* usage : volume->usages) {
    begin(*usage, publish);
  }
}

// Before the publish was seen, and because of it.
void Engine::exited_early(const EarlyEnds::End& end,
                          const std::shared_ptr<const Publish>& publish) {
  Usage& usage = *end.reader->usage_of(publish->fact.volume);
  if (end.reader->selected) {
    usage.judgement.emplace().publish = publish;
    close(usage, Verdict::Exited, end.evidence, publish->at());
  }
}

void Engine::announce(const Volume& volume, const Publish& publish, std::size_t asked) {
  PublishReport report{describe(volume, {}), describe(publish), asked};
  for (const Usage* usage : volume.usages) {
    const ContainerFact& container = usage->reader->container;
    if (!container.pod_uid.empty() && container.pod_uid == volume.fact.pod_uid) {
      report.pod = container.pod;
      report.pod_namespace = container.pod_namespace;
    }
  }
  say_(report);
}

void Engine::begin(Usage& usage, const std::shared_ptr<const Publish>& publish) {
  if (!usage.reader->selected) {
    return;
  }
  Judgement& judgement = usage.judgement.emplace();
  judgement.publish = publish;
  judgement.deadline = publish->at() + options_.deadline;
  usage.verdict.reset();
  if (!usage.whole) {
    if (auto pinned = diagnose_pinned(usage, *publish)) {
      if (publish->fact.contents_known) {
        give(usage, Verdict::Stale, std::move(*pinned), publish->at());
        usage.judgement.reset();
      } else {
        close(usage, Verdict::Unknown, kContentsGone, publish->at());
      }
      return;
    }
  }
  judgement.any = usage.files.empty();
  bool removed = false;
  const FileDiff* pseudo = nullptr;  // a file that it uses means what it meant
  for (const FileChange& change : publish->fact.changed) {
    const bool seen =
        usage.whole || std::any_of(usage.pinned.begin(), usage.pinned.end(),
                                   [&](const MountFact& m) { return covers(m, change.path); });
    if (!seen || (!judgement.any && !usage.files.contains(change.path))) {
      continue;
    }
    const FileDiff* diff = publish->diff_of(change.path);
    if (change.kind == ChangeKind::Removed) {
      removed = true;
    } else if (diff != nullptr && diff->pseudo()) {
      pseudo = diff;
    } else {
      judgement.required.push_back(change.path);
    }
  }
  if (judgement.required.empty()) {
    if (removed) {
      close(usage, Verdict::Unknown,
            "the changed files that it uses were removed: no read can show whether it noticed",
            publish->at());
    } else if (uses_what_was_not_compared(usage, *publish)) {
      close(usage, Verdict::Unknown, kContentsGone, publish->at());
    } else {
      const char* same = usage.whole ? "no file that it uses changed"
                                     : "no file that it mounts by subPath changed";
      close(usage, Verdict::Unchanged,
            pseudo != nullptr               ? say_pseudo(*pseudo)
            : publish->fact.changed.empty() ? "no byte of the volume changed"
                                            : same,
            publish->at());
    }
    return;
  }
  next_deadline_ = std::min(next_deadline_, judgement.deadline);
  settle(usage, publish->at());
}

void Engine::settle(Usage& usage, Timestamp now) {
  if (!usage.judgement) {
    return;
  }
  const Judgement& judgement = *usage.judgement;
  const Standing standing = standing_of(usage, judgement, world_);
  if (!standing.satisfied) {
    return;
  }
  const FileUse* last = *std::max_element(
      standing.complete.begin(), standing.complete.end(),
      [](const FileUse* a, const FileUse* b) { return a->completed < b->completed; });
  Verdict verdict = Verdict::Reloaded;
  if (judgement.phase == Phase::Said) {
    verdict = Verdict::Late;
  } else if (began_after(last->tgid, visible_since(usage, *judgement.publish), world_)) {
    verdict = Verdict::Restarted;
  }
  const Volume* volume = world_.volume(usage.volume);
  const bool secret = volume != nullptr && volume->fact.kind == VolumeKind::Secret;
  const Duration took = last->completed - judgement.publish->at();
  Diagnosis good;
  good.tgid = last->tgid;
  const char* how = last->mapped ? "mapped" : "read";
  const std::string what =
      last->file +
      (secret ? " to its end" : fmt::format(" ({} of {} bytes)", last->size, last->size));
  good.evidence =
      took < -kEarlyNotice
          ? fmt::format("{} the new {} already {} before the publish", how, what, say(-took))
          : fmt::format("{} {} {} after the publish", how, what, say(std::max(took, Duration{})));
  if (standing.complete.size() > 1) {
    good.evidence += fmt::format(", the last of {} changed files", standing.complete.size());
  }
  give(usage, verdict, std::move(good), now, last);
  usage.last_reload = last->completed;
  usage.judgement.reset();
}

void Engine::advance_to(Timestamp now) {
  now_ = std::max(now_, now);
  if (judging_ || now_ < next_deadline_) {
    return;
  }
  judging_ = true;
  judge_due();
  judging_ = false;
}

void Engine::judge_due() {
  close_ghosts();
  std::vector<Usage*> due;
  world_.each_usage([&](Usage& usage) {
    if (usage.judgement && usage.judgement->phase != Phase::Said &&
        usage.judgement->deadline <= now_) {
      due.push_back(&usage);
    }
  });
  std::stable_sort(due.begin(), due.end(), sooner);
  std::vector<std::uint32_t> asked;
  for (Usage* usage : due) {
    if (!usage->judgement || usage->judgement->phase == Phase::Said) {
      continue;
    }
    if (usage->judgement->phase == Phase::Open) {
      examine(*usage, now_, asked);
    } else if (usage->judgement->give_up <= now_) {
      conclude(*usage, now_);
    }
  }
  // All at once: one look at a process serves all of its volumes.
  std::unordered_set<std::uint32_t> seen;
  std::erase_if(asked, [&seen](std::uint32_t tgid) { return !seen.insert(tgid).second; });
  if (inspect_ && !asked.empty()) {
    inspect_(asked, now_);
  }
  next_deadline_ = kNoDeadline;
  world_.each_usage([&](Usage& usage) {
    if (usage.judgement && usage.judgement->phase != Phase::Said) {
      const Judgement& judgement = *usage.judgement;
      next_deadline_ = std::min(
          next_deadline_, judgement.phase == Phase::Open ? judgement.deadline : judgement.give_up);
    }
  });
}

void Engine::close_ghosts() {
  std::vector<Reader*> ghosts;
  world_.each_reader([&](Reader& reader) {
    const Process* process = world_.process(reader.main);
    if (reader.container_id.empty() && (process == nullptr || process->reader != &reader)) {
      ghosts.push_back(&reader);
    }
  });
  for (Reader* ghost : ghosts) {
    end(*ghost, kProcessEnded, now_);
  }
}

void Engine::examine(Usage& usage, Timestamp now, std::vector<std::uint32_t>& asked) {
  std::vector<std::uint32_t> tgids;
  for (const std::uint32_t tgid : usage.reader->processes) {
    const Process* process = world_.process(tgid);
    if (process != nullptr && process->role == ProcessRole::Application) {
      tgids.push_back(tgid);
    }
  }
  if (tgids.empty()) {
    usage.judgement->refused = true;
    conclude(usage, now);
    return;
  }
  usage.judgement->phase = Phase::Inspecting;
  usage.judgement->give_up = now + kInspectionGrace;
  usage.judgement->awaiting = {tgids.begin(), tgids.end()};
  asked.insert(asked.end(), tgids.begin(), tgids.end());
}

void Engine::conclude_answered(Timestamp now) {
  std::vector<Usage*> inspecting;
  world_.each_usage([&](Usage& usage) {
    if (usage.judgement && usage.judgement->phase == Phase::Inspecting) {
      inspecting.push_back(&usage);
    }
  });
  std::stable_sort(inspecting.begin(), inspecting.end(), sooner);
  for (Usage* const usage : inspecting) {
    if (!usage->judgement->awaiting.empty()) {
      return;
    }
    conclude(*usage, now);
  }
}

void Engine::conclude(Usage& usage, Timestamp now) {
  Judgement& judgement = *usage.judgement;
  const Publish& publish = *judgement.publish;
  judgement.phase = Phase::Said;
  judgement.awaiting.clear();
  if (judgement.before_trace) {
    judgement.phase = Phase::Open;
    conclude_missed(usage, now);
    return;
  }
  const Standing standing = standing_of(usage, judgement, world_);
  if (auto unsure = doubt(usage, standing)) {
    give(usage, Verdict::Unknown, std::move(*unsure), now);
    return;
  }
  if (const auto torn = find_torn(usage, judgement, world_)) {
    give(usage, Verdict::Torn, diagnose_torn(*torn, publish), now);
    return;
  }
  if (!standing.complete.empty() || !standing.begun.empty()) {
    const Volume* volume = world_.volume(usage.volume);
    const bool secret = volume != nullptr && volume->fact.kind == VolumeKind::Secret;
    give(usage, Verdict::Partial, diagnose_partial(usage, judgement, standing, world_, secret),
         now);
    return;
  }
  give(usage, Verdict::Stale,
       sobered(diagnose_stale(usage, judgement, world_, now, !hook_missing("inotify"))), now);
}

void Engine::close(Usage& usage, Verdict verdict, std::string evidence, Timestamp now) {
  if (!usage.judgement || usage.judgement->phase == Phase::Said) {
    return;
  }
  give(usage, verdict, {std::nullopt, std::move(evidence), "", 0}, now);
  usage.judgement.reset();
}

void Engine::close_all(Reader& reader,
                       Verdict verdict,
                       const std::string& evidence,
                       Timestamp now) {
  for (const auto& usage : reader.usages) {
    close(*usage, verdict, evidence, now);
  }
}

void Engine::end(Reader& reader, const std::string& evidence, Timestamp at) {
  close_all(reader, Verdict::Exited, evidence, at);
  const bool early = heard_of_more(reader, at, world_);
  auto released = world_.release_reader(reader);
  if (early) {
    early_ends_.keep({at, evidence, std::move(released)});
  }
}

void Engine::give(
    Usage& usage, Verdict verdict, Diagnosis diagnosis, Timestamp now, const FileUse* deciding) {
  const Judgement& judgement = *usage.judgement;
  const Publish& publish = *judgement.publish;
  const Volume* volume = world_.volume(usage.volume);
  ReloadReport report;
  report.at = now;
  report.verdict = verdict;
  report.cause = diagnosis.cause;
  report.evidence = std::move(diagnosis.evidence);
  report.advice = std::move(diagnosis.advice);
  if (const auto link = report.advice.find("..data");
      link != std::string::npos && !volume->fact.link.empty()) {
    report.advice.replace(link, 6, volume->fact.link);
  }
  report.degraded = judgement.before_trace || degraded_since(publish.earliest) ||
                    (verdict == Verdict::Unknown && was_blinded(*usage.reader));
  report.volume = describe(*volume, usage.path);
  report.reader = describe(*usage.reader, world_);
  const std::uint32_t tgid = diagnosis.tgid != 0 ? diagnosis.tgid : usage.reader->main;
  if (const Process* process = world_.process(tgid)) {
    report.process = describe(*process);
  }
  report.publish = describe(publish);
  report.files = describe_reads(usage, judgement, world_);
  report.processes = describe_processes(usage, judgement, world_);
  if (deciding != nullptr) {
    const Trigger trigger = trigger_of(usage, publish, *deciding, world_);
    const auto since = [&](Timestamp t) { return std::max(t - publish.at(), Duration{}); };
    report.trigger = trigger.info;
    if (trigger.at) {
      report.latency.notified = since(trigger.at);
    }
    if (deciding->opened) {
      report.latency.opened = since(deciding->opened);
    }
    report.latency.read = since(deciding->completed);
  }
  for (const auto& [pid, comm] : usage.observers) {
    report.observers.push_back({pid, comm, {}});
  }
  usage.verdict = verdict;
  ++verdict_totals_[std::string(name_of(verdict))];
  say_(report);
}

}  // namespace reloadtrace
