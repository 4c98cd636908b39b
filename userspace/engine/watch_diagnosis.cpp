// SPDX-License-Identifier: Apache-2.0
// What a reader's watches explain. Which events a watch receives depends on what it is on and on
// how the volume is published: a swap ends every watch below the root and never touches a file's
// own name, a rename tells the directory, a write tells the file as well.
#include <fmt/format.h>
#include <sys/inotify.h>

#include <algorithm>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/file_use.h"
#include "userspace/engine/trigger.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// Any of these tells a watch of a directory (of the file, in place) that something was published.
std::uint32_t telling_bits(PublishStyle style) {
  switch (style) {
    case PublishStyle::LinkSwap:
      return IN_MOVED_TO | IN_CREATE | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;
    case PublishStyle::FileRename:
      return IN_MOVED_TO;  // the temporary file may have been made elsewhere
    case PublishStyle::InPlace:
      return IN_MODIFY | IN_CLOSE_WRITE;
  }
  return 0;
}

std::string directory_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? std::string{} : file.substr(0, slash);
}

// A swap concerns every watch of the volume; other publishes those of the file and its directory.
bool concerns(const Watch& watch, const Judgement& judgement) {
  return judgement.publish->fact.style == PublishStyle::LinkSwap ||
         std::any_of(judgement.required.begin(), judgement.required.end(),
                     [&](const std::string& file) {
                       return watch.path == file || watch.path == directory_of(file);
                     });
}

// On what the publish made visible.
bool is_on_new(const Watch& watch, const Publish& publish) {
  return watch.target == publish.fact.to.directory ||
         std::any_of(
             publish.fact.to.files.begin(), publish.fact.to.files.end(),
             [&](const FileFact& file) { return file.ino != 0 && file.ino == watch.target.ino; });
}

struct Found {
  const Watch* watch = nullptr;
  std::uint32_t owner = 0;  // tgid

  explicit operator bool() const { return watch != nullptr; }
};

struct Watches {
  Found good;    // was told of the publish
  Found deaf;    // on the right directory, but its mask lets nothing pass
  Found link;    // on a symlink that no publish touches
  Found late;    // set after the publish
  Found doomed;  // alive, though what it is on was replaced
  Found dead;    // the one that ended last, without another in its place
};

void sort_in(Watches& out,
             const Watch& watch,
             std::uint32_t owner,
             const Publish& publish,
             const Volume* volume) {
  const Found found{&watch, owner};
  const bool in_place = publish.fact.style == PublishStyle::InPlace;
  const bool directory =
      watch.kind == TargetKind::Root ||
      (watch.kind == TargetKind::Generation && publish.fact.style != PublishStyle::LinkSwap);
  if (!watch.alive) {
    const bool given_up = watch.removed || watch.executed;
    if (!given_up && (!out.dead || watch.ended > out.dead.watch->ended)) {
      out.dead = found;
    }
  } else if (watch.added > publish.at() || (!directory && !in_place && is_on_new(watch, publish))) {
    out.late = found;
  } else if (directory || (in_place && watch.kind == TargetKind::File)) {
    ((watch.mask & telling_bits(publish.fact.style)) != 0 ? out.good : out.deaf) = found;
  } else if (watch.kind == TargetKind::Link &&
             (volume == nullptr || watch.path != volume->fact.link)) {
    out.link = found;
  } else {
    out.doomed = found;
  }
}

Watches watches_of(const Usage& usage, const Judgement& judgement, const World& world) {
  Watches out;
  each_application(usage, world, [&](const Process& process) {
    for (const Watch& watch : process.watches) {
      if (watch.volume == usage.volume && concerns(watch, judgement)) {
        sort_in(out, watch, process.tgid, *judgement.publish, world.volume(usage.volume));
      }
    }
  });
  return out;
}

// The notices about this publish, those of its preparation included.
struct Heard {
  std::size_t count = 0;
  const Notice* best = nullptr;
};

Heard heard_of(const Usage& usage, const Publish& publish, Timestamp now) {
  const Timestamp from = std::min(visible_since(usage, publish), publish.at() - kEarlyNotice);
  const auto count = std::count_if(usage.notices.begin(), usage.notices.end(),
                                   [&](const Notice& notice) { return notice.at >= from; });
  return {static_cast<std::size_t>(count), best_notice(usage, from, now)};
}

Diagnosis ignored(const Heard& heard, const Judgement& judgement) {
  const Publish& publish = *judgement.publish;
  const bool overflow = (heard.best->mask & IN_Q_OVERFLOW) != 0;
  Diagnosis out =
      found(overflow ? Cause::QueueOverflow : Cause::EventIgnored, heard.best->tgid,
            fmt::format("took {} event{} from its queue ({} {} after the {}) and {}", heard.count,
                        heard.count == 1 ? "" : "s", say_notice(*heard.best),
                        say(std::max(heard.best->at - publish.at(), Duration{})), word_for(publish),
                        judgement.any ? "opened none of the changed files"
                                      : "did not open " + say_files(judgement.required)));
  if (!overflow && publish.fact.style != PublishStyle::LinkSwap) {
    out.advice = "reread the file on the event that it was given";
  }
  return out;
}

Diagnosis unread(const Found& watch, std::string evidence, Timestamp now, const Publish& publish) {
  return found(Cause::EventNotConsumed, watch.owner,
               fmt::format("{}; nothing was read from its queue in the {} since the {}", evidence,
                           say(now - publish.at()), word_for(publish)));
}

Diagnosis lost(const Found& dead, const World& world, const Publish& publish) {
  const Watch& watch = *dead.watch;
  const bool before = watch.ended < publish.at();
  const char* name = watch.fanotify ? "mark" : "watch";
  // Without IN_IGNORED the old inode may live on, pinned by a descriptor or another container's
  // mount.
  std::string evidence = fmt::format(
      "its {} on {} was on the old {}, which nothing changes any more, and was not set again", name,
      name_target(watch, world), thing(watch.kind));
  if (watch.ignored) {
    evidence = fmt::format(
        "its watch on {} ended with the old {} (it read IN_IGNORED {} {} the {}) and was not set "
        "again",
        name_target(watch, world), thing(watch.kind),
        say(before ? publish.at() - watch.ended : watch.ended - publish.at()),
        before ? "before" : "after", word_for(publish));
  }
  Diagnosis out = found(Cause::WatchLost, dead.owner, std::move(evidence));
  if (publish.fact.style == PublishStyle::FileRename) {
    out.advice =
        "watch the directory and react to IN_MOVED_TO of the file, or add the watch again after "
        "IN_IGNORED";
  }
  return out;
}

// Whether this publish must have put an event into the queue of a watch on what it replaced. The
// end of a watch is told only when nobody else holds the old inode; its unlinking is told at once.
bool was_told_of_end(const Watch& watch, const World& world, const Publish& publish) {
  const Volume* volume = world.volume(watch.volume);
  const std::string& old = publish.fact.from;
  const bool of_this = watch.path == old || watch.path.starts_with(old + "/");
  const std::uint32_t telling = watch.kind == TargetKind::File ? IN_ATTRIB : IN_DELETE;
  // Only an AtomicWriter removes the old generation right after the swap.
  return volume != nullptr && volume->fact.link == "..data" && of_this &&
         (watch.mask & telling) != 0;
}

std::optional<Diagnosis> from_gone(const Found& dead,
                                   const Heard& heard,
                                   const World& world,
                                   Timestamp now,
                                   const Publish& publish) {
  if (dead.watch->kind == TargetKind::Root) {
    return found(Cause::NoWatcher, dead.owner,
                 "has closed its watch on the directory and watches nothing else of the volume");
  }
  if (heard.best != nullptr || dead.watch->ended < publish.at() ||
      !was_told_of_end(*dead.watch, world, publish)) {
    return lost(dead, world, publish);
  }
  return unread(dead,
                "its watch on " + name_target(*dead.watch, world) + " ended with the old " +
                    thing(dead.watch->kind),
                now, publish);
}

}  // namespace

const char* thing(TargetKind kind) {
  switch (kind) {
    case TargetKind::File:
      return "file";
    case TargetKind::Link:
      return "link";
    case TargetKind::Root:
    case TargetKind::Generation:
      break;
  }
  return "directory";
}

std::string name_target(const Watch& watch, const World& world) {
  const Volume* volume = world.volume(watch.volume);
  if (watch.kind == TargetKind::Root || volume == nullptr) {
    return "the directory";
  }
  if (watch.kind == TargetKind::Generation && volume->fact.atomic_links) {
    return "what " + volume->fact.link + " points to";
  }
  return watch.kind == TargetKind::File ? below_generation(*volume, watch.path) : watch.path;
}

std::optional<Diagnosis> diagnose_watches(const Usage& usage,
                                          const Judgement& judgement,
                                          const World& world,
                                          Timestamp now,
                                          bool holds_old) {
  const Publish& publish = *judgement.publish;
  const Watches watches = watches_of(usage, judgement, world);
  const Heard heard = heard_of(usage, publish, now);
  if ((watches.good || watches.late) && heard.best != nullptr) {
    return ignored(heard, judgement);
  }
  if (watches.good) {
    return unread(
        watches.good,
        fmt::format("its watch on {} is good (mask {})", name_target(*watches.good.watch, world),
                    say_inotify_mask(watches.good.watch->mask)),
        now, publish);
  }
  if (watches.late) {
    const Timestamp added = watches.late.watch->added;
    const std::string set =
        added > publish.at() ? " " + say(added - publish.at()) + " after the publish" : " later";
    return found(Cause::NoWatcher, watches.late.owner,
                 fmt::format("set its watch on {} only{}, and has not read the file since",
                             name_target(*watches.late.watch, world), set));
  }
  if (watches.doomed && watches.doomed.watch->fanotify) {
    return lost(watches.doomed, world, publish);  // a mark ends without a word
  }
  if (watches.dead && watches.dead.watch->ignored) {
    return lost(watches.dead, world, publish);
  }
  if (watches.link) {
    return found(Cause::WatchOnSymlink, watches.link.owner,
                 fmt::format("watches the symlink {} itself (IN_DONT_FOLLOW), which a swap does "
                             "not touch",
                             name_target(*watches.link.watch, world)));
  }
  if (watches.deaf && heard.best == nullptr) {
    const char* missed = "no event of a swap matches";
    if (publish.fact.style != PublishStyle::LinkSwap) {
      missed = publish.fact.style == PublishStyle::InPlace ? "a write in place does not match"
                                                           : "a rename onto a file does not match";
    }
    return found(
        Cause::MaskMissesSwap, watches.deaf.owner,
        fmt::format("watches {} with mask {}, which {}", name_target(*watches.deaf.watch, world),
                    say_inotify_mask(watches.deaf.watch->mask), missed));
  }
  if (holds_old) {
    return std::nullopt;
  }
  if (watches.dead) {
    return from_gone(watches.dead, heard, world, now, publish);
  }
  if (watches.doomed && heard.best == nullptr &&
      (publish.fact.style != PublishStyle::LinkSwap ||
       was_told_of_end(*watches.doomed.watch, world, publish))) {
    return unread(watches.doomed, "watches " + name_target(*watches.doomed.watch, world), now,
                  publish);
  }
  if (watches.doomed && heard.best == nullptr) {
    return lost(watches.doomed, world, publish);
  }
  return heard.best != nullptr ? std::optional(ignored(heard, judgement)) : std::nullopt;
}

}  // namespace reloadtrace
