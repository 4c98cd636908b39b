// SPDX-License-Identifier: Apache-2.0
#include "userspace/compare/fleet.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "userspace/compare/tally.h"
#include "userspace/lines/line_time.h"

namespace reloadtrace {
namespace {

// Length before text: no name can be made to look like two others.
const std::string& make_key(std::string& key, std::initializer_list<std::string_view> parts) {
  key.clear();
  for (const std::string_view part : parts) {
    key += std::to_string(part.size());
    key += ':';
    key += part;
  }
  return key;
}

std::string_view either(std::string_view first, std::string_view second) {
  return first.empty() ? second : first;
}

bool reread(std::string_view verdict) {
  // `unchanged`: what it uses is byte for byte what the newest generation has.
  return verdict == "reloaded" || verdict == "late" || verdict == "restarted" ||
         verdict == "unchanged";
}

bool proves_behind(std::string_view verdict) {
  return verdict == "stale" || verdict == "partial" || verdict == "torn";
}

}  // namespace

double consistency(std::uint64_t current, std::uint64_t behind) {
  const auto known = static_cast<double>(current + behind);
  return known == 0 ? 1.0 : static_cast<double>(current) / known;
}

void Fleet::observe(const Line& line) {
  const std::int64_t published = unix_nanoseconds_of(line.publish.time).value_or(0);
  if (line.kind == LineKind::Publish) {
    Mount& mount = mounts_[mount_of(line)];
    announce(mount, published, line.config_version);
    if (mount.published == published) {
      mount.announced = line.readers;
    }
  } else if (line.kind == LineKind::Reload) {
    observe_reload(line, published);
  }
}

void Fleet::observe_reload(const Line& line, std::int64_t published) {
  Reader& reader = reader_of(line);
  Mount& mount = mounts_[reader.mount];
  announce(mount, published, line.config_version);
  if (published == mount.published && reader.published != published) {
    ++mount.judged;
  }
  if (reread(line.verdict) && published >= reader.reread) {
    reader.reread = published;
    reader.reread_version = line.config_version;
  }
  const std::int64_t judged = unix_nanoseconds_of(line.time).value_or(0);
  if (std::pair(published, judged) >= std::pair(reader.published, reader.judged)) {
    reader.published = published;
    reader.judged = judged;
    reader.version = line.config_version;
    reader.verdict = line.verdict;
    reader.cause = line.cause;
    reader.container_id = line.reader.container_id;
  }
}

void Fleet::announce(Mount& mount, std::int64_t published, std::string_view version) {
  if (published > mount.published) {
    mount.published = published;
    mount.version = version;
    mount.announced = mount.judged = 0;
  } else if (published == mount.published && mount.version.empty()) {
    mount.version = version;
  }
}

Fleet::Index Fleet::mount_of(const Line& line) {
  const auto [found, added] = mount_index_.try_emplace(
      make_key(key_, {line.node, either(line.volume.host_path, line.volume.path)}), mounts_.size());
  if (added) {
    mounts_.emplace_back();
  }
  return found->second;
}

Fleet::Index Fleet::volume_of(const Line& line) {
  const Line::Volume& volume = line.volume;
  const bool directory = volume.kind == "directory";
  const std::string_view space = directory ? std::string_view() : line.reader.pod_namespace;
  const std::string_view path =
      directory ? either(volume.host_path, volume.name) : std::string_view();
  const auto [found, added] = volume_index_.try_emplace(
      make_key(key_, {volume.kind, space, directory ? path : volume.name}), volumes_.size());
  if (added) {
    volumes_.push_back({names_.id_of(volume.kind), names_.id_of(volume.name), names_.id_of(space),
                        names_.id_of(path)});
  }
  return found->second;
}

Fleet::Reader& Fleet::reader_of(const Line& line) {
  const Line::Reader& who = line.reader;
  const bool container = who.kind == "container";
  // A container that kubelet starts anew has another id and is the same reader.
  const std::string_view name =
      container ? either(who.container, who.container_id) : who.process.comm;
  const std::string pid = container ? "" : std::to_string(who.process.pid);
  const auto [found, added] = reader_index_.try_emplace(
      make_key(key_, {line.node, line.volume.kind, line.volume.name, line.volume.host_path,
                      either(who.pod_uid, who.pod), name, pid}),
      readers_.size());
  if (added) {
    Reader reader;
    reader.volume = volume_of(line);
    reader.mount = mount_of(line);
    reader.node = names_.id_of(line.node);
    reader.container = container;
    reader.pod = who.pod;
    reader.container_name = who.container;
    reader.pid = who.process.pid;
    reader.comm = who.process.comm;
    readers_.push_back(std::move(reader));
  }
  return readers_[found->second];
}

// Of each volume, over all nodes.
std::vector<Fleet::Named> Fleet::newest_versions() const {
  std::vector<Named> newest(volumes_.size());
  for (const Reader& reader : readers_) {
    const Mount& mount = mounts_[reader.mount];
    Named& one = newest[reader.volume];
    if (!mount.version.empty() && mount.published > one.published) {
      one = {mount.published, mount.version};
    }
  }
  return newest;
}

// Whether it was there no more when its volume was published to last: all that were have a verdict.
bool Fleet::has_ended(const Reader& reader) const {
  const Mount& mount = mounts_[reader.mount];
  return reader.published == mount.published ? reader.verdict == "exited"
                                             : mount.judged > 0 && mount.judged >= mount.announced;
}

ComparedReader Fleet::judge(const Reader& reader, const std::string& newest_version) const {
  ComparedReader out{.node = names_[reader.node],
                     .container = reader.container,
                     .pod = reader.pod,
                     .container_name = reader.container_name,
                     .container_id = reader.container_id,
                     .pid = reader.pid,
                     .comm = reader.comm,
                     .config_version = reader.reread_version,
                     .published = reader.reread,
                     .verdict = reader.verdict,
                     .cause = reader.cause};
  const std::string& verdict = out.verdict;
  if (reader.published < mounts_[reader.mount].published) {
    return out;  // no verdict on the newest publish came
  }
  const bool comparable = !newest_version.empty() && !reader.version.empty();
  out.measure = comparable ? Measure::Version : Measure::Publish;
  if (proves_behind(verdict)) {
    out.standing = Standing::Behind;
  } else if (reread(verdict)) {
    out.overtaken = comparable && reader.version != newest_version;
    out.standing = out.overtaken ? Standing::Behind : Standing::Current;
  }
  return out;
}

ComparedVolume Fleet::describe(const Volume& volume, const std::string& newest_version) const {
  ComparedVolume out;
  out.kind = names_[volume.kind];
  out.name = names_[volume.name];
  out.pod_namespace = names_[volume.pod_namespace];
  out.host_path = names_[volume.host_path];
  out.config_version = newest_version;
  return out;
}

Comparison Fleet::conclude() const {
  const std::vector<Named> newest = newest_versions();
  std::vector<Tally> tallies;
  for (Index i = 0; i < volumes_.size(); ++i) {
    tallies.emplace_back(describe(volumes_[i], newest[i].version));
  }
  for (const Reader& reader : readers_) {
    if (!has_ended(reader)) {
      tallies[reader.volume].add(judge(reader, newest[reader.volume].version));
    }
  }
  return sum_up(std::move(tallies));
}

}  // namespace reloadtrace
