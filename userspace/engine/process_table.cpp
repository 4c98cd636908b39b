// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/process_table.h"

#include <algorithm>

#include "userspace/engine/report_builder.h"

namespace reloadtrace {
namespace {

// A reader may have thousands; those that matter most come first.
constexpr std::size_t kMaxShown = 64;

const FileUse* newest_use(const Usage& usage,
                          std::uint32_t tgid,
                          const std::string& file,
                          const Publish& publish) {
  const FileUse* best = nullptr;
  for (const auto& [key, use] : usage.uses) {
    if (use.tgid != tgid || use.file != file) {
      continue;
    }
    const bool newer =
        best == nullptr || (is_of(use, publish) && !is_of(*best, publish)) ||
        (is_of(use, publish) == is_of(*best, publish) &&
         std::max(use.opened, use.last_read) > std::max(best->opened, best->last_read));
    if (newer) {
      best = &use;
    }
  }
  return best;
}

std::vector<std::string> old_files_held(const Process& process,
                                        const Usage& usage,
                                        const Judgement& judgement) {
  std::vector<std::string> out;
  const Publish& publish = *judgement.publish;
  for (const HeldFact& held : process.held) {
    const bool required = std::find(judgement.required.begin(), judgement.required.end(),
                                    held.path) != judgement.required.end();
    const auto published = publish.files.find(held.path);
    const bool is_new = published != publish.files.end() && published->second.ino == held.inode.ino;
    if (held.volume == usage.volume && required && !is_new) {
      out.push_back(held.path + " of " +
                    (held.generation.empty() ? publish.fact.from : held.generation));
    }
  }
  return out;
}

ProcessUse describe_use(const Process& process,
                        const Usage& usage,
                        const Judgement& judgement,
                        const World& world) {
  const Publish& publish = *judgement.publish;
  ProcessUse out;
  out.process = describe(process);
  out.began_after = began_after(process.tgid, publish.at(), world);
  out.holds = old_files_held(process, usage, judgement);
  std::size_t fresh = 0;
  std::size_t complete = 0;
  for (const std::string& file : judgement.required) {
    const FileUse* use = newest_use(usage, process.tgid, file, publish);
    if (use == nullptr) {
      continue;
    }
    const bool is_new = is_of(*use, publish);
    fresh += is_new ? 1 : 0;
    complete += is_new && is_complete(*use) ? 1 : 0;
    out.files.push_back({file, is_new ? publish.fact.to.name : use->generation,
                         use->mapped ? use->size : use->coverage.bytes(), use->size,
                         is_complete(*use)});
  }
  if (out.files.empty()) {
    out.state = out.holds.empty() ? ProcessState::Untouched : ProcessState::Old;
  } else if (fresh == 0) {
    out.state = ProcessState::Old;
  } else {
    out.state = complete == out.files.size() ? ProcessState::Reread : ProcessState::Partly;
  }
  return out;
}

}  // namespace

std::vector<ProcessUse> describe_processes(const Usage& usage,
                                           const Judgement& judgement,
                                           const World& world) {
  std::vector<ProcessUse> out;
  std::vector<std::uint32_t> tgids = usage.reader->processes;
  std::sort(tgids.begin(), tgids.end());
  for (const std::uint32_t tgid : tgids) {
    const Process* process = world.process(tgid);
    if (process == nullptr || process->role == ProcessRole::Observer) {
      continue;
    }
    ProcessUse use = describe_use(*process, usage, judgement, world);
    if (use.state != ProcessState::Untouched) {
      out.push_back(std::move(use));
    }
  }
  if (out.size() < 2) {
    return {};
  }
  if (out.size() > kMaxShown) {
    std::stable_sort(out.begin(), out.end(), [](const ProcessUse& a, const ProcessUse& b) {
      return a.state == ProcessState::Old && b.state != ProcessState::Old;
    });
    out.resize(kMaxShown);
  }
  return out;
}

}  // namespace reloadtrace
