// SPDX-License-Identifier: Apache-2.0
// Readers that could not be told: watches that the kernel refused, and copies made at the start.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// What is read this early in a container's life is read to set it up.
constexpr Duration kStartUp = std::chrono::seconds(60);

bool got_one_since(const Process& process, VolumeId volume, const WatchFailedFact& failed) {
  return std::any_of(process.watches.begin(), process.watches.end(), [&](const Watch& watch) {
    return watch.volume == volume && (watch.added > failed.at || watch.alive);
  });
}

std::string advice_after(const WatchFailedFact& failed) {
  switch (failed.error) {
    case EMFILE:
      return failed.call == WatchCall::Add
                 ? advice_for(Cause::WatchSetupFailed)
                 : "raise fs.inotify.max_user_instances (or the limit of open files): the user has "
                   "used up its inotify instances";
    case ENOSPC:
      return "raise fs.inotify.max_user_watches: the user has used up its watches";
    case ENOENT:
      return "watch a path that exists at every time: the directory, not a file in it";
    case EACCES:
      return "give the process read access to what it watches";
    default:
      return advice_for(Cause::WatchSetupFailed);
  }
}

const FileUse* living_use(const Usage& usage, const World& world, const std::string& file) {
  for (const auto& [key, use] : usage.uses) {
    const Process* process = world.process(use.tgid);
    if (use.file == file && process != nullptr && !process->gone) {
      return &use;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<Diagnosis> diagnose_setup(const Usage& usage,
                                        const Judgement& judgement,
                                        const World& world) {
  const Publish& publish = *judgement.publish;
  const WatchFailedFact* latest = nullptr;
  each_application(usage, world, [&](const Process& process) {
    for (const WatchFailedFact& failed : process.failed_watches) {
      const bool concerns = !failed.volume || failed.volume == usage.volume;
      if (concerns && !got_one_since(process, usage.volume, failed) &&
          (latest == nullptr || failed.at > latest->at)) {
        latest = &failed;
      }
    }
  });
  if (latest == nullptr) {
    return std::nullopt;
  }
  const bool before = latest->at < publish.at();
  const std::string on = latest->volume
                             ? " of " + (latest->path.empty() ? "the directory" : latest->path)
                             : std::string{};
  Diagnosis out = found(
      Cause::WatchSetupFailed, latest->tgid,
      fmt::format("{}{} failed with {} (uid {}) {} {} the {}, and it watches nothing of the volume",
                  name_of(latest->call), on, say_errno(latest->error), latest->uid,
                  say(before ? publish.at() - latest->at : latest->at - publish.at()),
                  before ? "before" : "after", word_for(publish)));
  out.advice = advice_after(*latest);
  return out;
}

std::optional<Diagnosis> diagnose_copy(const Usage& usage,
                                       const Judgement& judgement,
                                       const World& world) {
  const Process* main = world.process(usage.reader->main);
  if (main == nullptr || !main->started) {
    return std::nullopt;
  }
  for (const std::string& file : judgement.required) {
    const auto last = usage.last_readers.find(file);
    if (last == usage.last_readers.end() || living_use(usage, world, file) != nullptr) {
      continue;
    }
    const LastReader& reader = last->second;
    const Process* process = world.process(reader.tgid);
    const bool ended = process == nullptr || process->gone;
    if (ended && reader.tgid != main->tgid && reader.at - main->started < kStartUp) {
      return found(Cause::CopiedAtStart, reader.tgid,
                   fmt::format("{} was read once, by {}[{}], which has ended, {} after the start; "
                               "what runs since has not opened it: it may use a copy",
                               file, reader.comm, reader.tgid,
                               say(std::max(reader.at - main->started, Duration{}))));
    }
  }
  return std::nullopt;
}

}  // namespace reloadtrace
