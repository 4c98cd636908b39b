// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/judge.h"

#include <sys/inotify.h>

#include <algorithm>

namespace reloadtrace {
namespace {

Timestamp latest_touch(const FileUse& use) {
  return std::max(use.opened, use.last_read);
}

}  // namespace

bool is_application(const FileUse& use, const World& world) {
  const Process* process = world.process(use.tgid);
  return process == nullptr || process->role == ProcessRole::Application;
}

bool is_of(const FileUse& use, const Publish& publish) {
  const auto published = publish.files.find(use.file);
  if (published == publish.files.end()) {
    return false;
  }
  if (publish.fact.style == PublishStyle::InPlace && publish.changed(use.file)) {
    return use.inode.ino == published->second.ino && latest_touch(use) >= publish.at();
  }
  if (latest_touch(use) < publish.prepared) {
    return false;
  }
  if (published->second.ino != 0) {
    return use.inode.ino == published->second.ino;
  }
  return use.generation_ino != 0 && use.generation_ino == publish.fact.to.directory.ino;
}

bool is_complete(const FileUse& use) {
  return static_cast<bool>(use.completed);
}

Standing standing_of(const Usage& usage, const Judgement& judgement, const World& world) {
  Standing out;
  for (const std::string& file : judgement.required) {
    const FileUse* best = nullptr;
    for (const auto& [key, use] : usage.uses) {
      if (use.file != file || !is_application(use, world) || !is_of(use, *judgement.publish)) {
        continue;
      }
      const bool better = best == nullptr || (is_complete(use) && !is_complete(*best)) ||
                          (is_complete(use) && use.completed < best->completed) ||
                          (!is_complete(*best) && use.coverage.bytes() > best->coverage.bytes());
      if (better) {
        best = &use;
      }
    }
    if (best != nullptr && is_complete(*best)) {
      out.complete.push_back(best);
      continue;
    }
    if (best != nullptr) {
      out.begun.push_back(best);
    }
    out.missing.push_back(file);
  }
  out.satisfied = !out.complete.empty() && (judgement.any || out.missing.empty());
  return out;
}

std::optional<TornPair> find_torn(const Usage& usage,
                                  const Judgement& judgement,
                                  const World& world) {
  const Standing standing = standing_of(usage, judgement, world);
  for (const FileUse* fresh : standing.complete) {
    for (const auto& [key, use] : usage.uses) {
      const bool missing = std::find(standing.missing.begin(), standing.missing.end(), use.file) !=
                           standing.missing.end();
      if (use.tgid != fresh->tgid || !missing || !is_application(use, world) ||
          is_of(use, *judgement.publish) || !use.opened || !fresh->opened ||
          use.last_read < use.opened) {
        continue;
      }
      if (use.burst == fresh->burst) {
        return TornPair{&use, fresh};
      }
    }
  }
  return std::nullopt;
}

Timestamp visible_since(const Usage& usage, const Publish& publish) {
  Timestamp since = publish.at();
  for (const Notice& notice : usage.notices) {
    if ((notice.mask & IN_MOVED_TO) != 0 && notice.at >= publish.prepared) {
      since = std::min(since, notice.at);
    }
  }
  return since;
}

bool began_after(std::uint32_t tgid, Timestamp at, const World& world) {
  const Process* process = world.process(tgid);
  const Reader* reader = process != nullptr ? process->reader : nullptr;
  for (int i = 0; process != nullptr && process->reader == reader && i < kMaxAncestors; ++i) {
    if (std::max(process->started, process->executed) <= at) {
      return false;
    }
    if (process->tgid == process->parent) {
      break;
    }
    process = world.process(process->parent);
  }
  return reader != nullptr;
}

}  // namespace reloadtrace
