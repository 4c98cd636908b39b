// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/file_use.h"

#include <algorithm>
#include <unordered_set>

namespace reloadtrace {
namespace {

// Where the names above the generation end and those below it begin. Git-sync's generations lie two
// levels deep, kubelet's one.
std::size_t end_of_generation(const Volume& volume, const std::string& path) {
  if (!volume.fact.atomic_links) {
    return 0;
  }
  const std::string& current = volume.fact.current.name;
  std::size_t end = path.find('/');
  for (auto deeper = std::count(current.begin(), current.end(), '/');
       deeper > 0 && end != std::string::npos; --deeper) {
    end = path.find('/', end + 1);
  }
  return end;
}

KnownFile guess(const Volume& volume, const std::string& path) {
  const std::size_t end = end_of_generation(volume, path);
  if (end == 0) {
    return {path, volume.fact.current.name, false};
  }
  if (end == std::string::npos) {
    return {path, "", false};
  }
  return {path.substr(end + 1), path.substr(0, end), false};
}

}  // namespace

std::string below_generation(const Volume& volume, const std::string& path) {
  return guess(volume, path).path;
}

FileUse& use_of(Usage& usage,
                Volume& volume,
                const FileRef& file,
                std::uint32_t tgid,
                const std::string& path) {
  FileUse& use = usage.uses[{tgid, file.inode()}];
  if (use.tgid == 0 || use.generation_ino != file.generation_ino) {
    // New, or an inode that the file system uses again.
    use = FileUse{};
    use.tgid = tgid;
    use.inode = file.inode();
    use.generation_ino = file.generation_ino;
  }
  auto known = volume.file_names.find(file.ino);
  if (!path.empty() && (known == volume.file_names.end() || !known->second.told)) {
    known = volume.file_names.insert_or_assign(file.ino, guess(volume, path)).first;
  }
  if (known != volume.file_names.end() && (use.file.empty() || !path.empty())) {
    use.file = known->second.path;
    use.generation = known->second.generation;
  }
  use.size = file.size;
  return use;
}

void note_open(Usage& usage, FileUse& use, Timestamp at) {
  if (use.opened == at) {
    return;  // the same record again
  }
  use.opened = at;
  Burst& burst = usage.bursts[use.tgid];
  if (at - burst.latest >= kBurstGap || burst.files.contains(use.file)) {
    burst.number = ++usage.last_burst;
    burst.files.clear();
  }
  burst.latest = at;
  burst.files.insert(use.file);
  use.burst = burst.number;
}

void note_write_open(Volume& volume, const WriteOpenEvent& event) {
  KnownFile now = guess(volume, event.path);
  const auto known = volume.file_names.find(event.file.ino);
  const bool is_visible = known != volume.file_names.end() && known->second.told &&
                          known->second.path == now.path &&
                          known->second.generation == volume.fact.current.name;
  if (!is_visible) {
    for (Usage* usage : volume.usages) {
      std::erase_if(usage->uses,
                    [&](const auto& entry) { return entry.first.second == event.file.inode(); });
    }
    volume.file_names.insert_or_assign(event.file.ino, std::move(now));
  }
  volume.preparing.try_emplace(event.file.ino, event.origin.at);
  if (event.file.generation_ino != 0) {
    volume.preparing.try_emplace(event.file.generation_ino, event.origin.at);
  }
}

void turn_to(Usage& usage, const Volume& volume, const Publish& publish, Timestamp keep_from) {
  // What nobody touched since the publish before is remembered by inspections, if still held.
  std::erase_if(usage.uses, [&](const auto& entry) {
    return entry.second.opened < keep_from && entry.second.last_read < keep_from;
  });
  std::erase_if(usage.bursts, [&](const auto& entry) {
    const auto use = usage.uses.lower_bound({entry.first, InodeId{}});
    return use == usage.uses.end() || use->first.first != entry.first;
  });
  // Bounded by what the volume has.
  std::erase_if(usage.last_readers,
                [&](const auto& entry) { return !publish.files.contains(entry.first); });
  for (auto& [key, use] : usage.uses) {
    if (const auto name = volume.file_names.find(key.second.ino); name != volume.file_names.end()) {
      use.file = name->second.path;
    }
    if (publish.fact.style == PublishStyle::InPlace && publish.changed(use.file)) {
      // The same inode: only what is read from now on is new.
      use.coverage.clear();
      use.completed = {};
      use.mapped = false;
    }
  }
}

void forget_old_names(Volume& volume, const GenerationFact& before) {
  std::unordered_set<std::uint64_t> kept;
  for (const FileFact& file : before.files) {
    kept.insert(file.ino);
  }
  for (const FileFact& file : volume.fact.current.files) {
    kept.insert(file.ino);
  }
  for (const Usage* usage : volume.usages) {
    for (const auto& [key, use] : usage->uses) {
      kept.insert(key.second.ino);
    }
  }
  std::erase_if(volume.file_names, [&](const auto& entry) { return !kept.contains(entry.first); });
}

}  // namespace reloadtrace
