// SPDX-License-Identifier: Apache-2.0
// What the engine could not see. An accusation is given only when none of this stands against it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/engine.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// Without these a reread can pass unseen.
constexpr std::string_view kNeededHooks[] = {"open", "read", "mmap", "publish"};

// What a loss can hide. A cut name or a merge that came late hides nothing: it only lowers
// confidence.
bool hides_reads(LossCause cause) {
  return cause != LossCause::Truncated && cause != LossCause::OutOfOrder &&
         cause != LossCause::WalkTooDeep && cause != LossCause::Polls;
}

// Somebody may have read the final bytes of it while its writer was not done.
bool read_while_written(const Usage& usage, const Publish& publish, const std::string& file) {
  return std::any_of(usage.uses.begin(), usage.uses.end(), [&](const auto& entry) {
    const FileUse& use = entry.second;
    const auto published = publish.files.find(file);
    return use.file == file && use.while_written && published != publish.files.end() &&
           use.inode.ino == published->second.ino && use.last_read >= publish.prepared;
  });
}

std::string doubt_of(const Usage& usage,
                     const Judgement& judgement,
                     const Standing& standing,
                     const World& world,
                     const std::string& file) {
  const Publish& publish = *judgement.publish;
  if (read_while_written(usage, publish, file)) {
    return fmt::format(
        "read {} while it was being written: whether those were the final bytes "
        "cannot be known",
        file);
  }
  const auto begun = std::find_if(standing.begun.begin(), standing.begun.end(),
                                  [&](const FileUse* use) { return use->file == file; });
  if (begun == standing.begun.end()) {
    return holds_unseen(usage, judgement, world, file);
  }
  // cp on a file system with reflinks: FICLONE shares the blocks, and nothing is read.
  return (*begun)->coverage.bytes() != 0 || (*begun)->opened < publish.prepared
             ? std::string{}
             : fmt::format(
                   "opened the new {} {} after the publish, but no read of it was seen (a copy by "
                   "reflink is not observed)",
                   file, say(std::max((*begun)->opened - publish.at(), Duration{})));
}

// Processes whose system calls do not pass the hooks; empty when there are none.
std::string unseen_calls(const Usage& usage, const World& world, bool rings_unseen) {
  std::string out;
  each_application(usage, world, [&](const Process& process) {
    if (process.compat) {
      out = fmt::format("{}[{}] is a 32-bit program, whose system calls are not observed",
                        process.comm, process.tgid);
    } else if (process.io_uring && rings_unseen) {
      out = fmt::format(
          "{}[{}] has an io_uring instance, and the hook io_uring is missing: a reread may have "
          "passed unseen",
          process.comm, process.tgid);
    }
  });
  return out;
}

// Causes that say what did not happen, and the hooks that would have shown it.
struct Absence {
  Cause cause;
  std::string_view hook;
  std::string_view unseen;
};
constexpr Absence kAbsences[] = {
    {Cause::NoWatcher, "poll", "whether it looks at intervals"},
    {Cause::NoWatcher, "signal", "whether it was sent a signal"},
    {Cause::NoWatcher, "http", "whether it was asked to reload over HTTP"},
    {Cause::NoWatcher, "fanotify", "whether it has marks of fanotify"},
    {Cause::PollPending, "poll", "whether it has looked since"},
};

// Who uses that one alone had nothing to reread.
bool spares_a_file(const Publish& publish) {
  const auto means_the_same = [&](const FileChange& change) {
    const FileDiff* diff = publish.diff_of(change.path);
    return change.kind == ChangeKind::Removed || (diff != nullptr && diff->pseudo());
  };
  const auto& changed = publish.fact.changed;
  return std::any_of(changed.begin(), changed.end(), means_the_same) ||
         std::any_of(publish.files.begin(), publish.files.end(),
                     [&](const auto& file) { return !publish.changed(file.first); });
}

// How it came into its container was seen, by itself or by whom it descends from.
bool origin_is_known(const Process& process, const World& world) {
  const Reader* const reader = process.reader;
  if (reader == nullptr || reader->container_id.empty()) {
    return true;
  }
  const Process* ancestor = &process;
  for (int i = 0; i < kMaxAncestors && ancestor != nullptr && ancestor->reader == reader; ++i) {
    if (ancestor->tgid == reader->main) {
      return true;
    }
    if (!ancestor->told || ancestor->parent == 0) {
      return false;
    }
    ancestor = world.process(ancestor->parent);
  }
  return true;
}

// A changed file that it opened, though no earlier open of it was seen; empty when there is none.
std::string reread_though_not_required(const Usage& usage,
                                       const Judgement& judgement,
                                       const World& world) {
  const std::vector<std::string>& required = judgement.required;
  for (const auto& [key, use] : usage.uses) {
    const bool known = std::find(required.begin(), required.end(), use.file) != required.end();
    if (!known && judgement.publish->changed(use.file) && is_application(use, world) &&
        is_of(use, *judgement.publish)) {
      return use.file;
    }
  }
  return {};
}

Diagnosis because(std::string evidence) {
  return {std::nullopt, std::move(evidence), "", 0};
}

}  // namespace

std::string guest_kernel(const Reader& reader) {
  return reader.container.guest.empty()
             ? std::string{}
             : fmt::format("{}[{}] runs a guest kernel: what happens in it is not seen from here",
                           reader.container.guest, reader.main);
}

void Engine::on(const LossFact& fact) {
  LossReport report{fact.at, fact.since, fact.at, {}};
  for (const LossCount& lost : fact.lost) {
    const std::string cause(name_of(lost.cause));
    report.lost[cause] += lost.count;
    lost_totals_[cause] += lost.count;
    if (hides_reads(lost.cause)) {
      hidden_until_ = std::max(hidden_until_, fact.at);
    }
  }
  losses_.push_back(fact);
  while (losses_.front().at + 2 * options_.deadline < now_) {
    losses_.pop_front();
  }
  say_(report);
}

std::optional<Diagnosis> Engine::doubt(const Usage& usage, const Standing& standing) const {
  const Judgement& judgement = *usage.judgement;
  const Publish& publish = *judgement.publish;
  if (std::string blind = blind_since(publish.earliest); !blind.empty()) {
    return because(std::move(blind));
  }
  if (std::string unsure = hides_what_it_uses(usage, standing); !unsure.empty()) {
    return because(std::move(unsure));
  }
  if (!publish.fact.contents_known) {
    return because(kContentsGone);
  }
  if (std::string guest = guest_kernel(*usage.reader); !guest.empty()) {
    return found(Cause::NotObservable, usage.reader->main, std::move(guest));
  }
  if (judgement.refused && !judgement.looked) {
    return because("none of its processes could be looked at: they may be gone");
  }
  if (std::string unseen = unseen_calls(usage, world_, hook_missing("io_uring")); !unseen.empty()) {
    return because(std::move(unseen));
  }
  // One file that is missing beyond doubt suffices, unless any file would have done.
  std::string doubt;
  for (const std::string& file : standing.missing) {
    std::string of_this = doubt_of(usage, judgement, standing, world_, file);
    if (of_this.empty() && !judgement.any) {
      return std::nullopt;
    }
    if (doubt.empty()) {
      doubt = std::move(of_this);
    }
  }
  return doubt.empty() ? std::nullopt : std::optional(because(std::move(doubt)));
}

bool Engine::was_blinded(const Reader& reader) const {
  const Process* const main = world_.process(reader.main);
  return hidden_until_ && (main == nullptr || main->started <= hidden_until_);
}

// What was lost long before the publish can be opens: then its changed files may not be those that
// the reader uses.
std::string Engine::hides_what_it_uses(const Usage& usage, const Standing& standing) const {
  const Judgement& judgement = *usage.judgement;
  const Publish& publish = *judgement.publish;
  if (!was_blinded(*usage.reader)) {
    return {};
  }
  for (const auto& [key, use] : usage.uses) {
    const Process* const process = world_.process(use.tgid);
    if (process != nullptr && is_of(use, publish) && may_be_observer(*process)) {
      return fmt::format(
          "{} read {}, and events were lost when it began: it may be no part of the "
          "application",
          who(*process), use.file);
    }
  }
  if (judgement.any && standing.complete.empty() && spares_a_file(publish)) {
    return "events were lost before the publish: it may use none of the files that changed";
  }
  const std::string file = reread_though_not_required(usage, judgement, world_);
  return file.empty() ? std::string{}
                      : fmt::format(
                            "reread {}, which it was not known to use: events were lost "
                            "before the publish, and not all that it uses is known",
                            file);
}

bool Engine::may_be_observer(const Process& process) const {
  return hidden_until_ && process.started <= hidden_until_ && !origin_is_known(process, world_);
}

bool Engine::hook_missing(std::string_view name) const {
  return std::any_of(session_.hooks.begin(), session_.hooks.end(), [&](const HookStatus& hook) {
    return hook.name == name && hook.state == HookState::Missing;
  });
}

Diagnosis Engine::sobered(Diagnosis diagnosis) const {
  for (const Absence& absence : kAbsences) {
    if (diagnosis.cause == absence.cause && hook_missing(absence.hook)) {
      return {std::nullopt,
              fmt::format("{}; {} cannot be seen (the hook {} is missing)", diagnosis.evidence,
                          absence.unseen, absence.hook),
              "", diagnosis.tgid};
    }
  }
  return diagnosis;
}

std::string Engine::blind_since(Timestamp from) const {
  for (const std::string_view needed : kNeededHooks) {
    if (hook_missing(needed)) {
      return fmt::format("the hook {} is missing: a reread may have passed unseen", needed);
    }
  }
  std::uint64_t lost = 0;
  std::set<std::string_view> causes;
  for (const LossFact& loss : losses_) {
    for (const LossCount& count : loss.lost) {
      if (loss.at >= from && hides_reads(count.cause)) {
        lost += count.count;
        causes.insert(name_of(count.cause));
      }
    }
  }
  if (lost == 0) {
    // Of losses long ago nothing but this is remembered.
    return hidden_until_ && hidden_until_ >= from ? "events were lost since the publish before, "
                                                    "and this one was not seen to be prepared"
                                                  : std::string{};
  }
  return fmt::format("{} event{} lost since the publish ({})", lost, lost == 1 ? " was" : "s were",
                     fmt::join(causes, ", "));
}

bool Engine::degraded_since(Timestamp from) const {
  const bool lost = std::any_of(losses_.begin(), losses_.end(), [&](const LossFact& loss) {
    return loss.at >= from &&
           std::any_of(loss.lost.begin(), loss.lost.end(),
                       [](const auto& count) { return count.cause != LossCause::WalkTooDeep; });
  });
  return lost || std::any_of(session_.hooks.begin(), session_.hooks.end(),
                             [](const HookStatus& h) { return h.state == HookState::Missing; });
}

}  // namespace reloadtrace
