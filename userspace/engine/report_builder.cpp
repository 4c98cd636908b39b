// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/report_builder.h"

#include <algorithm>

namespace reloadtrace {

ProcessInfo describe(const Process& process) {
  return {process.tgid, process.comm, process.exe};
}

ReaderInfo describe(const Reader& reader, const World& world) {
  ReaderInfo out;
  // The pid may have been used again.
  if (const Process* main = world.process(reader.main);
      main != nullptr && main->reader == &reader) {
    out.process = describe(*main);
  } else {
    out.process = {reader.main, reader.comm, reader.exe};
  }
  out.container = !reader.container_id.empty();
  if (!out.container) {
    out.name = out.process.comm;
    return out;
  }
  out.name = reader.container.name;
  out.container_id = reader.container_id;
  out.pod = reader.container.pod;
  out.pod_namespace = reader.container.pod_namespace;
  out.pod_uid = reader.container.pod_uid;
  out.restarts = reader.container.restarts;
  return out;
}

VolumeInfo describe(const Volume& volume, const std::string& path) {
  return {std::string(name_of(volume.fact.kind)), volume.fact.name,
          path.empty() ? volume.fact.host_path : path, volume.fact.host_path, volume.fact.pod_uid};
}

namespace {

ChangedKeys describe(const FileDiff& diff) {
  ChangedKeys out{diff.not_compared, {}, diff.more, diff.ignored, diff.pseudo()};
  for (const KeyChange& change : diff.keys) {
    out.keys.push_back(
        {change.key, std::string(name_of(change.kind)), change.before, change.after});
  }
  return out;
}

}  // namespace

PublishInfo describe(const Publish& publish) {
  PublishInfo out;
  out.at = publish.at();
  out.from = publish.fact.from;
  out.to = publish.fact.to.name;
  out.config_version = publish.fact.to.config_version;
  out.writer = {publish.fact.writer_tgid, publish.fact.writer_comm, {}};
  for (const FileChange& change : publish.fact.changed) {
    ChangedFile& file =
        out.changed.emplace_back(ChangedFile{change.path, std::string(name_of(change.kind))});
    if (const FileDiff* diff = publish.diff_of(change.path)) {
      file.keys = describe(*diff);
    }
  }
  return out;
}

std::vector<FileRead> describe_reads(const Usage& usage,
                                     const Judgement& judgement,
                                     const World& world) {
  std::vector<FileRead> out;
  for (const std::string& file : judgement.required) {
    const FileUse* best = nullptr;
    bool best_is_new = false;
    for (const auto& [key, use] : usage.uses) {
      const Process* process = world.process(use.tgid);
      if (use.file != file || (process != nullptr && process->role == ProcessRole::Observer)) {
        continue;
      }
      const bool is_new = is_of(use, *judgement.publish);
      const bool more =
          is_new == best_is_new && best != nullptr &&
          (is_complete(use) != is_complete(*best)
               ? is_complete(use)
               : std::max(use.opened, use.last_read) > std::max(best->opened, best->last_read));
      if (best == nullptr || (is_new && !best_is_new) || more) {
        best = &use;
        best_is_new = is_new;
      }
    }

    // What was read of a file before it was written in place is nothing of what it holds now.
    const bool nothing =
        best != nullptr && !best_is_new && !best->mapped && best->coverage.bytes() == 0;
    if (best != nullptr && !nothing) {
      out.push_back({file, best_is_new ? judgement.publish->fact.to.name : best->generation,
                     best->mapped ? best->size : best->coverage.bytes(), best->size,
                     is_complete(*best)});
    }
  }
  return out;
}

std::string_view name_of(ProcessState state) {
  switch (state) {
    case ProcessState::Reread:
      return "reread";
    case ProcessState::Partly:
      return "partly";
    case ProcessState::Old:
      return "old";
    case ProcessState::Untouched:
      return "untouched";
  }
  return "untouched";
}

std::string_view name_of(LossCause cause) {
  switch (cause) {
    case LossCause::FactsRingFull:
      return "facts_ring_full";
    case LossCause::ActivityRingFull:
      return "activity_ring_full";
    case LossCause::MapFull:
      return "map_full";
    case LossCause::ReadFault:
      return "read_fault";
    case LossCause::WalkTooDeep:
      return "walk_too_deep";
    case LossCause::Truncated:
      return "truncated";
    case LossCause::OutOfOrder:
      return "out_of_order";
    case LossCause::Undecodable:
      return "undecodable";
    case LossCause::Polls:
      return "polls";
    case LossCause::MissedRuns:
      return "missed_runs";
  }
  return "unknown";
}

std::string_view name_of(VolumeKind kind) {
  switch (kind) {
    case VolumeKind::ConfigMap:
      return "configmap";
    case VolumeKind::Secret:
      return "secret";
    case VolumeKind::Projected:
      return "projected";
    case VolumeKind::DownwardApi:
      return "downward-api";
    case VolumeKind::Csi:
      return "csi";
    case VolumeKind::Directory:
      return "directory";
  }
  return "directory";
}

std::string_view name_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::Modified:
      return "modified";
    case ChangeKind::Added:
      return "added";
    case ChangeKind::Removed:
      return "removed";
  }
  return "modified";
}

std::string_view name_of(TargetKind kind) {
  switch (kind) {
    case TargetKind::Root:
      return "root";
    case TargetKind::Generation:
      return "generation";
    case TargetKind::File:
      return "file";
    case TargetKind::Link:
      return "link";
  }
  return "file";
}

std::string_view name_of(HookState state) {
  switch (state) {
    case HookState::Tracepoint:
      return "tracepoint";
    case HookState::Fentry:
      return "fentry";
    case HookState::Missing:
      return "missing";
  }
  return "missing";
}

}  // namespace reloadtrace
