// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

bool is_required(const Judgement& judgement, std::string_view file) {
  return std::find(judgement.required.begin(), judgement.required.end(), file) !=
         judgement.required.end();
}

std::optional<Diagnosis> failed_open(const Usage& usage, const Judgement& judgement) {
  const Publish& publish = *judgement.publish;
  // The latest of a required file.
  const OpenFailedFact* failure = nullptr;
  for (const OpenFailedFact& fact : usage.failed_opens) {
    if (is_required(judgement, fact.path)) {
      failure = &fact;
    }
  }
  if (failure == nullptr) {
    return std::nullopt;
  }
  const std::string failed = fmt::format(
      "open of {} failed with {} {} after the {}", failure->path, say_errno(failure->error),
      say(std::max(failure->at - publish.at(), Duration{})), word_for(publish));
  if (failure->error == ENOENT && publish.fact.style == PublishStyle::LinkSwap &&
      publish.files.contains(failure->path)) {
    return found(Cause::DanglingLink, failure->tgid,
                 failed + ", though the new generation has the file: its visible link is missing");
  }
  Diagnosis out = found(Cause::OpenFailed, failure->tgid, failed);
  if (failure->error == EMFILE || failure->error == ENFILE) {
    out.advice = "close files that are no longer needed, or raise the limit of open files";
  } else if (failure->file_mode != 0) {
    out.evidence += fmt::format(": uid {} against mode {:04o} of {}:{}", failure->uid,
                                failure->file_mode & 07777U, failure->file_uid, failure->file_gid);
  }
  return out;
}

// The reader reacted to the first event of the burst that a publish makes, before the swap.
std::optional<Diagnosis> read_too_early(const Usage& usage, const Judgement& judgement) {
  const Publish& publish = *judgement.publish;
  // Its making is announced by the creation of the new directory, by name.
  const auto first_notice =
      std::find_if(usage.notices.begin(), usage.notices.end(), [&](const Notice& notice) {
        return notice.at >= publish.prepared ||
               (!notice.name.empty() && notice.name == publish.fact.to.name);
      });
  if (first_notice == usage.notices.end() || first_notice->at >= publish.at()) {
    return std::nullopt;
  }
  for (const auto& [key, use] : usage.uses) {
    if (is_required(judgement, use.file) && !is_of(use, publish) &&
        use.opened >= first_notice->at && use.opened < publish.at() && is_complete(use)) {
      return found(
          Cause::ReadTooEarly, use.tgid,
          fmt::format("reread {} {} before the {} and not after it, so it got {} once more and is "
                      "one generation behind",
                      use.file, say(publish.at() - use.opened), word_for(publish), use.generation));
    }
  }
  return std::nullopt;
}

std::optional<Diagnosis> old_fd_was_read(const Usage& usage,
                                         const Judgement& judgement,
                                         Timestamp now) {
  const Publish& publish = *judgement.publish;
  for (const auto& [key, use] : usage.uses) {
    if (is_required(judgement, use.file) && !is_of(use, publish) && !use.mapped &&
        use.opened < publish.at() && use.last_read > publish.at() + kBurstGap) {
      return found(
          Cause::HeldOldFd, use.tgid,
          fmt::format("still reads {} of {} through a descriptor that it opened {}; the last time "
                      "{} after the {}",
                      use.file, use.generation,
                      use.opened ? say(now - use.opened) + " ago" : "before the trace",
                      say(use.last_read - publish.at()), word_for(publish)));
    }
  }
  return std::nullopt;
}

// Whether it is the file that the publish made visible.
bool holds_new(const HeldFact& held, const Publish& publish) {
  const auto published = publish.files.find(held.path);
  if (published == publish.files.end()) {
    return false;
  }
  return published->second.ino != 0 ? published->second.ino == held.inode.ino
                                    : held.generation == publish.fact.to.name;
}

// What the latest inspection saw the reader hold of an older generation. A mapping when `mapped`.
std::optional<Diagnosis> holds_old(const Usage& usage,
                                   const Judgement& judgement,
                                   const World& world,
                                   bool mapped) {
  const Publish& publish = *judgement.publish;
  std::optional<Diagnosis> out;
  each_application(usage, world, [&](const Process& process) {
    for (const HeldFact& held : process.held) {
      if (out || held.volume != usage.volume || (held.fd < 0) != mapped ||
          !is_required(judgement, held.path) || holds_new(held, publish)) {
        continue;
      }
      const std::string of = held.generation.empty() ? publish.fact.from : held.generation;
      const char* gone = held.unlinked ? " (deleted)" : "";
      out = mapped ? found(Cause::MappedOldFile, process.tgid,
                           fmt::format("{} still maps {} of {}{} and has mapped nothing newer",
                                       who(process), held.path, of, gone))
                   : found(Cause::HeldOldFd, process.tgid,
                           fmt::format("{} still holds {} of {}{} open as descriptor {} and opened "
                                       "nothing newer",
                                       who(process), held.path, of, gone, held.fd));
    }
  });
  return out;
}

std::string say_last_read(const Usage& usage, Timestamp now) {
  if (usage.last_read) {
    return fmt::format("last read {} {} ago", usage.last_read_file, say(now - usage.last_read));
  }
  return "has not read the volume since the trace began";
}

// A watch that could still tell the reader; else what it does by the clock explains more.
bool is_of_living_watch(const Diagnosis& diagnosis) {
  return diagnosis.cause == Cause::EventIgnored || diagnosis.cause == Cause::QueueOverflow;
}

// How the reader could have learned of the publish by itself: by a watch, or by looking.
std::optional<Diagnosis> diagnose_notices(const Usage& usage,
                                          const Judgement& judgement,
                                          const World& world,
                                          Timestamp now,
                                          bool inotify_seen,
                                          bool holds_old) {
  std::optional<Diagnosis> watches;
  if (inotify_seen) {
    watches = diagnose_watches(usage, judgement, world, now, holds_old);
    if (watches && is_of_living_watch(*watches)) {
      return watches;
    }
    const bool none =
        !watches || watches->cause == Cause::WatchLost || watches->cause == Cause::NoWatcher;
    if (auto d = diagnose_setup(usage, judgement, world); d && none) {
      return d;
    }
  }
  if (auto d = diagnose_polls(usage, judgement, now, /*by_clock=*/watches || holds_old)) {
    return d;
  }
  return watches;
}

}  // namespace

Diagnosis diagnose_stale(const Usage& usage,
                         const Judgement& judgement,
                         const World& world,
                         Timestamp now,
                         bool inotify_seen) {
  if (auto d = failed_open(usage, judgement)) {
    return *d;
  }
  if (auto d = read_too_early(usage, judgement)) {
    return *d;
  }
  if (auto d = old_fd_was_read(usage, judgement, now)) {
    return *d;
  }
  if (auto d = diagnose_requests(usage, judgement)) {
    return *d;
  }
  auto held = holds_old(usage, judgement, world, /*mapped=*/false);
  if (!held) {
    held = holds_old(usage, judgement, world, /*mapped=*/true);
  }
  if (auto d = diagnose_notices(usage, judgement, world, now, inotify_seen, held.has_value())) {
    return *d;
  }
  if (held) {
    return *held;
  }
  if (auto d = diagnose_copy(usage, judgement, world)) {
    return *d;
  }
  bool all_known = true;
  each_application(usage, world, [&](const Process& process) {
    all_known = all_known && world.watches_known(process);
  });
  if (!inotify_seen || !all_known) {
    return {std::nullopt,
            say_last_read(usage, now) +
                (inotify_seen ? "; its watches could not be looked at"
                              : "; its watches cannot be seen (the hook inotify is missing)"),
            "", 0};
  }
  return found(Cause::NoWatcher, 0,
               say_last_read(usage, now) + " and watches nothing of the volume");
}

bool covers(const MountFact& mount, std::string_view file) {
  return mount.sub_path == "." || file == mount.sub_path || file.starts_with(mount.sub_path + "/");
}

std::string say_pinned(const MountFact& mount) {
  return fmt::format("{} is bound to {} of {}, which a swap can never replace", mount.path,
                     mount.sub_path == "." ? "the directory" : mount.sub_path, mount.generation);
}

std::optional<Diagnosis> diagnose_pinned(const Usage& usage, const Publish& publish) {
  for (const MountFact& mount : usage.pinned) {
    for (const FileChange& change : publish.fact.changed) {
      const FileDiff* diff = publish.diff_of(change.path);
      if (!covers(mount, change.path) || (diff != nullptr && diff->pseudo())) {
        continue;
      }
      if (publish.fact.style == PublishStyle::LinkSwap && !mount.generation.empty() &&
          mount.generation != publish.fact.to.name) {
        return found(Cause::SubpathPinned, usage.reader->main, say_pinned(mount));
      }
      if (publish.fact.style == PublishStyle::FileRename && change.path == mount.sub_path) {
        return found(Cause::SubpathPinned, usage.reader->main,
                     fmt::format("{} is bound to the {} that was there before, which a rename "
                                 "cannot replace",
                                 mount.path, mount.sub_path));
      }
    }
  }
  return std::nullopt;
}

std::string holds_unseen(const Usage& usage,
                         const Judgement& judgement,
                         const World& world,
                         std::string_view file) {
  const Publish& publish = *judgement.publish;
  const bool in_place = publish.fact.style == PublishStyle::InPlace;
  std::string out;
  each_application(usage, world, [&](const Process& process) {
    for (const HeldFact& held : process.held) {
      // A descriptor of a file written in place must still be read; a mapping shows it as it is.
      if (out.empty() && held.volume == usage.volume && held.path == file &&
          holds_new(held, publish) && (!in_place || held.fd < 0)) {
        out = in_place ? fmt::format("{} maps {}, where the new bytes appear without a read",
                                     who(process), held.path)
                       : fmt::format("{} holds {} of {} though no open of it was seen",
                                     who(process), held.path, publish.fact.to.name);
      }
    }
  });
  return out;
}

Diagnosis diagnose_torn(const TornPair& pair, const Publish& publish) {
  const Duration apart = pair.second->opened - pair.first->opened;
  return found(
      Cause::MixedGenerations, pair.second->tgid,
      fmt::format("read {} of {} and, within {}, {} of {}; it did not reread {}", pair.first->file,
                  pair.first->generation, say(apart < Duration{} ? -apart : apart),
                  pair.second->file, publish.fact.to.name, pair.first->file));
}

Diagnosis diagnose_partial(const Usage& usage,
                           const Judgement& judgement,
                           const Standing& standing,
                           const World& world,
                           bool secret) {
  if (!standing.begun.empty()) {
    const FileUse& use = *standing.begun.front();
    return found(Cause::IncompleteRead, use.tgid,
                 secret ? fmt::format("read the new {}, but not to its end", use.file)
                        : fmt::format("read only {} of {} bytes of the new {}",
                                      use.coverage.bytes(), use.size, use.file));
  }
  if (auto d = failed_open(usage, judgement)) {
    return *d;
  }
  Judgement rest = judgement;
  rest.required = standing.missing;
  for (const bool mapped : {false, true}) {
    if (auto d = holds_old(usage, rest, world, mapped)) {
      return *d;
    }
  }
  const FileUse& read = *standing.complete.front();
  return found(Cause::IncompleteRead, read.tgid,
               fmt::format("reread {} of the {} changed files that it uses, but not {}",
                           standing.complete.size(), judgement.required.size(),
                           say_files(standing.missing)));
}

}  // namespace reloadtrace
