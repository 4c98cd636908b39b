// SPDX-License-Identifier: Apache-2.0
// Volumes, their generations, and how they are published.
#include <fmt/format.h>
#include <sys/stat.h>

#include "tests/support/stories/story.h"

namespace reloadtrace::testing {
namespace {

constexpr DeviceId kDevice = 0x00800001;
constexpr char kPodUid[] = "5d1c7a3e-0000-4000-8000-000000000001";

std::vector<FileChange> changes_between(const Contents& before, const Contents& after) {
  std::vector<FileChange> changes;
  for (const auto& [path, content] : after) {
    const auto old = before.find(path);
    if (old == before.end()) {
      changes.push_back({path, ChangeKind::Added});
    } else if (old->second != content) {
      changes.push_back({path, ChangeKind::Modified});
    }
  }
  for (const auto& [path, content] : before) {
    if (!after.contains(path)) {
      changes.push_back({path, ChangeKind::Removed});
    }
  }
  return changes;
}

FileFact* find_file(StoryGeneration& generation, const std::string& path) {
  for (FileFact& file : generation.fact.files) {
    if (file.path == path) {
      return &file;
    }
  }
  return nullptr;
}

}  // namespace

std::uint64_t Story::content_number(const std::string& content) {
  return content_numbers_.try_emplace(content, content_numbers_.size() + 1).first->second;
}

StoryGeneration Story::generation(const StoryVolume& volume, const Contents& contents) {
  StoryGeneration out;
  out.contents = contents;
  const int number = volume.generations;
  if (!volume.fact.atomic_links) {
    out.fact.name = fmt::format("#{}", number);
  } else if (volume.fact.link == "..data") {
    out.fact.name = fmt::format("..2026_11_22_11_{:02}_00.{}", number, 100000000 + number);
    out.child = next_inode_++;
    out.fact.directory = {kDevice, out.child};
  } else {
    out.fact.name = fmt::format(".worktrees/{:07x}", 0xabcd000 + number);
    out.child = 99;  // .worktrees itself
    out.fact.directory = {kDevice, next_inode_++};
  }
  out.prefix = volume.fact.atomic_links ? out.fact.name + "/" : "";
  for (const auto& [path, content] : contents) {
    out.fact.files.push_back({path, next_inode_++, content.size(), content_number(content)});
  }
  return out;
}

StoryVolume& Story::add_volume(StoryVolume volume) {
  volume.fact.at = tick();
  volume.fact.current = volume.now.fact;
  deliver(volume.fact);
  return volumes_.emplace_back(std::move(volume));
}

StoryVolume& Story::atomic_volume(VolumeKind kind,
                                  const std::string& name,
                                  const Contents& contents) {
  static const std::map<VolumeKind, std::string> kPlugins{
      {VolumeKind::ConfigMap, "kubernetes.io~configmap"},
      {VolumeKind::Secret, "kubernetes.io~secret"},
      {VolumeKind::Projected, "kubernetes.io~projected"}};
  StoryVolume volume;
  volume.fact.id = {kDevice, next_inode_++};
  volume.fact.kind = kind;
  volume.fact.name = name;
  volume.fact.pod_uid = kPodUid;
  volume.fact.host_path =
      fmt::format("/var/lib/kubelet/pods/{}/volumes/{}/{}", kPodUid, kPlugins.at(kind), name);
  volume.fact.atomic_links = true;
  volume.fact.link = "..data";
  volume.now = generation(volume, contents);
  return add_volume(std::move(volume));
}

StoryVolume& Story::config_map(const Contents& contents) {
  return atomic_volume(VolumeKind::ConfigMap, "config", contents);
}

StoryVolume& Story::plain_directory(const Contents& contents) {
  StoryVolume volume;
  volume.fact.id = {kDevice, next_inode_++};
  volume.fact.name = "app";
  volume.fact.host_path = "/etc/app";
  volume.now = generation(volume, contents);
  return add_volume(std::move(volume));
}

StoryVolume& Story::git_volume(const Contents& contents) {
  StoryVolume volume;
  volume.fact.id = {kDevice, next_inode_++};
  volume.fact.name = "git";
  volume.fact.host_path = "/srv/git";
  volume.fact.atomic_links = true;
  volume.fact.link = "current";
  volume.now = generation(volume, contents);
  return add_volume(std::move(volume));
}

FileRef Story::file_ref(const StoryVolume& volume,
                        const StoryGeneration& generation,
                        const std::string& file) {
  FileRef ref;
  ref.dev = kDevice;
  ref.volume_ino = volume.fact.id.ino;
  ref.generation_ino = generation.child;
  ref.mode = S_IFREG | 0644;
  for (const FileFact& fact : generation.fact.files) {
    if (fact.path == file) {
      ref.ino = fact.ino;
      ref.size = fact.size;
    }
  }
  return ref;
}

StoryGeneration Story::prepare(StoryVolume& volume, const Contents& contents) {
  ++volume.generations;
  StoryGeneration next = generation(volume, contents);
  for (const FileFact& file : next.fact.files) {
    FileRef ref = file_ref(volume, next, file.path);
    ref.size = 0;
    ref.writer_present = ref.writable = true;
    deliver(WriteOpenEvent{origin(publisher_), ref, next.prefix + file.path, 9, 0});
  }
  return next;
}

PublishFact Story::publish_fact(const StoryVolume& volume, const StoryGeneration& next) const {
  PublishFact fact;
  fact.at = now_;
  fact.volume = volume.fact.id;
  fact.style = PublishStyle::LinkSwap;
  fact.from = volume.now.fact.name;
  fact.to = next.fact;
  fact.writer_tgid = publisher_.tgid;
  fact.writer_comm = publisher_.comm;
  fact.changed = changes_between(volume.now.contents, next.contents);
  return fact;
}

Timestamp Story::announce(StoryVolume& volume, PublishFact fact, StoryGeneration next) {
  fact.at = tick();
  volume.old = std::move(volume.now);
  volume.now = std::move(next);
  deliver(fact);
  return fact.at;
}

Timestamp Story::swap(StoryVolume& volume, StoryGeneration next) {
  PublishFact fact = publish_fact(volume, next);
  return announce(volume, std::move(fact), std::move(next));
}

Timestamp Story::publish(StoryVolume& volume, const Contents& contents) {
  return swap(volume, prepare(volume, contents));
}

Timestamp Story::publish(StoryVolume& volume) {
  Contents next = volume.now.contents;
  next["app.yaml"] += "\nlevel: debug";
  return publish(volume, next);
}

Timestamp Story::rename_onto(StoryVolume& volume,
                             const std::string& path,
                             const std::string& content) {
  StoryGeneration next = volume.now;
  next.contents[path] = content;
  next.fact.name = fmt::format("#{}", ++volume.generations);
  if (find_file(next, path) == nullptr) {
    next.fact.files.push_back({path, 0, 0, 0});
  }
  *find_file(next, path) = {path, next_inode_++, content.size(), content_number(content)};
  FileRef ref = file_ref(volume, next, path);
  ref.size = 0;
  deliver(WriteOpenEvent{origin(publisher_), ref, path + ".tmp", 9, 0});
  PublishFact fact = publish_fact(volume, next);
  fact.style = PublishStyle::FileRename;
  return announce(volume, std::move(fact), std::move(next));
}

Timestamp Story::write_in_place(StoryVolume& volume,
                                const std::string& path,
                                const std::string& content) {
  StoryGeneration next = volume.now;
  next.contents[path] = content;
  next.fact.name = fmt::format("#{}", ++volume.generations);
  FileRef ref = file_ref(volume, next, path);
  ref.size = 0;
  deliver(WriteOpenEvent{origin(publisher_), ref, path, 9, 0});
  FileFact* file = find_file(next, path);
  file->size = content.size();
  file->content = content_number(content);
  PublishFact fact = publish_fact(volume, next);
  fact.style = PublishStyle::InPlace;
  return announce(volume, std::move(fact), std::move(next));
}

}  // namespace reloadtrace::testing
