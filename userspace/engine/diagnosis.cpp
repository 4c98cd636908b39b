// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/diagnosis.h"

#include <fmt/format.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// Any of these on a directory tells of AtomicWriter's swap.
constexpr std::uint32_t kSwapBits = IN_MOVED_TO | IN_CREATE | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;

Diagnosis found(Cause cause, std::uint32_t tgid, std::string evidence) {
  return {cause, std::move(evidence), advice_for(cause), tgid};
}

bool is_required(const Judgement& judgement, std::string_view file) {
  return std::find(judgement.required.begin(), judgement.required.end(), file) !=
         judgement.required.end();
}

std::string who(const Process& process) {
  return fmt::format("{}[{}]", process.comm, process.tgid);
}

template <typename Visit>
void each_application(const Usage& usage, const World& world, Visit visit) {
  for (const std::uint32_t tgid : usage.reader->processes) {
    const Process* process = world.process(tgid);
    if (process != nullptr && process->role == ProcessRole::Application) {
      visit(*process);
    }
  }
}

std::optional<Diagnosis> failed_open(const Usage& usage, const Judgement& judgement) {
  for (auto it = usage.failed_opens.rbegin(); it != usage.failed_opens.rend(); ++it) {
    if (!is_required(judgement, it->path)) {
      continue;
    }
    const std::string after = say(it->at - judgement.publish->at());
    if (it->error == ENOENT && judgement.publish->files.contains(it->path)) {
      return found(Cause::DanglingLink, it->tgid,
                   fmt::format("open of {} failed with ENOENT {} after the swap, though the new "
                               "generation has the file: its visible link is missing",
                               it->path, after));
    }
    return found(
        Cause::OpenFailed, it->tgid,
        fmt::format("open of {} failed with {} {} after the swap: uid {} against mode {:04o} "
                    "of {}:{}",
                    it->path, say_errno(it->error), after, it->uid, it->file_mode & 07777U,
                    it->file_uid, it->file_gid));
  }
  return std::nullopt;
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
          fmt::format("reread {} {} before the swap and not after it: it has {} again, one "
                      "generation behind",
                      use.file, say(publish.at() - use.opened), use.generation));
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
        use.opened < publish.at() && use.last_read > publish.at()) {
      return found(
          Cause::HeldOldFd, use.tgid,
          fmt::format("still reads {} of {} through a descriptor opened {}; last {} after the "
                      "swap",
                      use.file, use.generation,
                      use.opened ? say(now - use.opened) + " ago" : "before the trace",
                      say(use.last_read - publish.at())));
    }
  }
  return std::nullopt;
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
      const auto published = publish.files.find(held.path);
      const bool is_new =
          published != publish.files.end() && published->second.ino == held.inode.ino;
      if (out || held.volume != usage.volume || (held.fd < 0) != mapped || is_new ||
          !is_required(judgement, held.path)) {
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

std::string name_target(const Watch& watch) {
  return watch.path.empty() ? "the directory" : watch.path;
}

struct Watches {
  const Watch* root = nullptr;  // alive, and its mask has a bit that a swap sets
  const Watch* deaf = nullptr;  // alive on the root, mask without such a bit
  const Watch* link = nullptr;
  const Watch* dead = nullptr;  // the one that ended last
  // Alive on something that the swap ends; nothing was read from its queue since.
  const Watch* doomed = nullptr;
  std::uint32_t root_owner = 0, deaf_owner = 0, link_owner = 0, dead_owner = 0, doomed_owner = 0;
};

Watches watches_of(const Usage& usage, const World& world) {
  Watches out;
  each_application(usage, world, [&](const Process& process) {
    for (const Watch& watch : process.watches) {
      if (watch.volume != usage.volume) {
        continue;
      }
      const auto take = [&](const Watch*& slot, std::uint32_t& owner) {
        slot = &watch;
        owner = process.tgid;
      };
      if (!watch.alive && watch.removed) {
        continue;  // given up on purpose
      }
      if (!watch.alive) {
        if (out.dead == nullptr || watch.ended > out.dead->ended) {
          take(out.dead, out.dead_owner);
        }
      } else if (watch.kind == TargetKind::Root) {
        (watch.mask & kSwapBits) != 0 ? take(out.root, out.root_owner)
                                      : take(out.deaf, out.deaf_owner);
      } else if (watch.kind == TargetKind::Link) {
        take(out.link, out.link_owner);
      } else {
        take(out.doomed, out.doomed_owner);
      }
    }
  });
  return out;
}

// The notices about this publish, those of its preparation included.
struct Heard {
  std::size_t count = 0;
  const Notice* best = nullptr;  // the one of ..data, else the last
};

Heard heard_of(const Usage& usage, const Publish& publish) {
  Heard out;
  for (const Notice& notice : usage.notices) {
    if (notice.at < publish.at() - kEarlyNotice) {
      continue;
    }
    ++out.count;
    const bool moved = (notice.mask & IN_MOVED_TO) != 0;
    if (out.best == nullptr || (out.best->mask & IN_MOVED_TO) == 0 || moved) {
      out.best = &notice;
    }
  }
  return out;
}

std::string say_notice(const Notice& notice) {
  const std::string mask = say_inotify_mask(notice.mask & ~static_cast<std::uint32_t>(IN_ISDIR));
  return notice.name.empty() ? mask : mask + " " + notice.name;
}

std::optional<Diagnosis> from_watches(const Usage& usage,
                                      const Judgement& judgement,
                                      const World& world,
                                      Timestamp now) {
  const Publish& publish = *judgement.publish;
  const Watches watches = watches_of(usage, world);
  const Heard heard = heard_of(usage, publish);
  if (watches.root != nullptr && heard.best != nullptr) {
    return found(
        Cause::EventIgnored, heard.best->tgid,
        fmt::format("took {} event{} from its queue ({} {} after the swap) and opened nothing",
                    heard.count, heard.count == 1 ? "" : "s", say_notice(*heard.best),
                    say(std::max(heard.best->at - publish.at(), Duration{}))));
  }
  if (watches.root != nullptr) {
    return found(
        Cause::EventNotConsumed, watches.root_owner,
        fmt::format("its watch on {} is good (mask {}), but nothing was read from the queue in "
                    "the {} since the swap",
                    name_target(*watches.root), say_inotify_mask(watches.root->mask),
                    say(now - publish.at())));
  }
  if (watches.dead != nullptr) {
    const Watch& dead = *watches.dead;
    const std::string how =
        dead.ignored ? "it read IN_IGNORED" : "the watch is gone and its queue was not read";
    return found(
        dead.ignored || heard.count > 0 ? Cause::WatchLost : Cause::EventNotConsumed,
        watches.dead_owner,
        fmt::format("its watch on {} died with the old file {} the swap ({}) and was not set again",
                    name_target(dead),
                    dead.ended < publish.at() ? say(publish.at() - dead.ended) + " before" : "at",
                    how));
  }
  if (watches.link != nullptr) {
    return found(
        Cause::WatchOnSymlink, watches.link_owner,
        fmt::format("watches the symlink {} itself (IN_DONT_FOLLOW), which the swap does not "
                    "touch",
                    name_target(*watches.link)));
  }
  if (watches.deaf != nullptr) {
    return found(Cause::MaskMissesSwap, watches.deaf_owner,
                 fmt::format("watches the directory with mask {}, which no event of a swap matches",
                             say_inotify_mask(watches.deaf->mask)));
  }
  if (watches.doomed != nullptr && heard.best == nullptr) {
    return found(Cause::EventNotConsumed, watches.doomed_owner,
                 fmt::format("watches {}; nothing was read from the queue in the {} since the swap",
                             name_target(*watches.doomed), say(now - publish.at())));
  }
  if (heard.best != nullptr) {
    return found(Cause::EventIgnored, heard.best->tgid,
                 fmt::format("took {} from its queue {} after the swap and opened nothing",
                             say_notice(*heard.best),
                             say(std::max(heard.best->at - publish.at(), Duration{}))));
  }
  return std::nullopt;
}

std::string say_last_read(const Usage& usage, Timestamp now) {
  if (usage.last_read) {
    return fmt::format("last read {} {} ago", usage.last_read_file, say(now - usage.last_read));
  }
  return "was not seen to read it since the trace began";
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
  if (inotify_seen) {
    if (auto d = from_watches(usage, judgement, world, now)) {
      return *d;
    }
  }
  if (auto d = holds_old(usage, judgement, world, /*mapped=*/false)) {
    return *d;
  }
  if (auto d = holds_old(usage, judgement, world, /*mapped=*/true)) {
    return *d;
  }
  if (!inotify_seen) {
    return {std::nullopt,
            say_last_read(usage, now) + "; its watches cannot be seen (hook inotify is missing)",
            "", 0};
  }
  return found(Cause::NoWatcher, 0, say_last_read(usage, now) + ", watches nothing of the volume");
}

std::optional<Diagnosis> diagnose_pinned(const Usage& usage, const Publish& publish) {
  for (const MountFact& mount : usage.pinned) {
    const bool touched = std::any_of(
        publish.fact.changed.begin(), publish.fact.changed.end(), [&](const FileChange& change) {
          return mount.sub_path == "." || change.path == mount.sub_path ||
                 change.path.starts_with(mount.sub_path + "/");
        });
    if (touched && mount.generation != publish.fact.to.name) {
      return found(Cause::SubpathPinned, usage.reader->main,
                   fmt::format("{} is bound to {} of {}, which a swap can never replace",
                               mount.path, mount.sub_path, mount.generation));
    }
  }
  return std::nullopt;
}

std::string holds_unseen(const Usage& usage, const Judgement& judgement, const World& world) {
  std::string out;
  each_application(usage, world, [&](const Process& process) {
    for (const HeldFact& held : process.held) {
      const auto published = judgement.publish->files.find(held.path);
      if (out.empty() && held.volume == usage.volume && is_required(judgement, held.path) &&
          judgement.publish->fact.style != PublishStyle::InPlace &&
          published != judgement.publish->files.end() && published->second.ino == held.inode.ino) {
        out = fmt::format("{} holds {} of {} though no open of it was seen", who(process),
                          held.path, judgement.publish->fact.to.name);
      }
    }
  });
  return out;
}

Diagnosis diagnose_torn(const TornPair& pair, const Publish& publish) {
  const Duration apart = pair.second->opened - pair.first->opened;
  return found(
      Cause::MixedGenerations, pair.second->tgid,
      fmt::format("read {} of {} and {} of {} {} apart, and did not reread {}", pair.first->file,
                  pair.first->generation, pair.second->file, publish.fact.to.name,
                  say(apart < Duration{} ? -apart : apart), pair.first->file));
}

Diagnosis diagnose_partial(const Usage& usage,
                           const Judgement& judgement,
                           const Standing& standing,
                           const World& world,
                           bool secret) {
  if (!standing.begun.empty()) {
    const FileUse& use = *standing.begun.front();
    const std::string amount =
        secret ? "not to its end" : fmt::format("{} of {} bytes", use.coverage.bytes(), use.size);
    return found(Cause::IncompleteRead, use.tgid,
                 fmt::format("read {} of the new generation only in part: {}", use.file, amount));
  }
  if (auto d = failed_open(usage, judgement)) {
    return *d;
  }
  for (const bool mapped : {false, true}) {
    if (auto d = holds_old(usage, judgement, world, mapped)) {
      return *d;
    }
  }
  const FileUse& read = *standing.complete.front();
  return found(Cause::IncompleteRead, read.tgid,
               fmt::format("reread {} of {} changed files; not {}", standing.complete.size(),
                           judgement.required.size(), fmt::join(standing.missing, ", ")));
}

}  // namespace reloadtrace
