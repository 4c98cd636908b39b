// SPDX-License-Identifier: Apache-2.0
#include "userspace/compare/tally.h"

#include <algorithm>
#include <tuple>

namespace reloadtrace {
namespace {

// Zero stands for "not known".
void span_over(std::int64_t& first, std::int64_t& last, std::int64_t at) {
  if (at == 0) {
    return;
  }
  first = first == 0 ? at : std::min(first, at);
  last = std::max(last, at);
}

auto order(const ComparedReader& reader) {
  return std::tie(reader.standing, reader.config_version, reader.node, reader.pod,
                  reader.container_name, reader.comm, reader.pid);
}

}  // namespace

void Tally::add(ComparedReader reader) {
  nodes_.insert(reader.node);
  volume_.by_version += reader.measure == Measure::Version ? 1 : 0;
  auto& count = reader.standing == Standing::Current  ? volume_.current
                : reader.standing == Standing::Behind ? volume_.behind
                                                      : volume_.undecided;
  ++count;
  // The newest generation is one, also where some of its readers' nodes do not name it.
  const bool current = reader.standing == Standing::Current;
  Group& group = groups_[{reader.standing, current ? std::string() : reader.config_version}];
  group.generation.standing = reader.standing;
  group.generation.config_version = current ? volume_.config_version : reader.config_version;
  ++group.generation.readers;
  group.nodes.insert(reader.node);
  span_over(group.generation.first_published, group.generation.last_published, reader.published);
  if (!current) {
    volume_.others.push_back(std::move(reader));
  }
}

ComparedVolume Tally::take() {
  for (auto& [key, group] : groups_) {
    group.generation.nodes.assign(group.nodes.begin(), group.nodes.end());
    volume_.generations.push_back(std::move(group.generation));
  }
  std::ranges::stable_sort(volume_.generations, [](const Generation& a, const Generation& b) {
    return std::tuple(a.standing, -a.last_published) < std::tuple(b.standing, -b.last_published);
  });
  std::ranges::sort(volume_.others, [](const ComparedReader& a, const ComparedReader& b) {
    return order(a) < order(b);
  });
  return std::move(volume_);
}

Comparison sum_up(std::vector<Tally> tallies) {
  Comparison out;
  std::set<std::string> nodes;
  for (Tally& tally : tallies) {
    nodes.insert(tally.nodes().begin(), tally.nodes().end());
    ComparedVolume volume = tally.take();
    if (volume.readers() == 0) {
      continue;
    }
    out.current += volume.current;
    out.behind += volume.behind;
    out.undecided += volume.undecided;
    for (const Generation& generation : volume.generations) {
      span_over(out.first_published, out.last_published, generation.first_published);
      span_over(out.first_published, out.last_published, generation.last_published);
    }
    out.volumes.push_back(std::move(volume));
  }
  out.nodes.assign(nodes.begin(), nodes.end());
  std::ranges::sort(out.volumes, [](const ComparedVolume& a, const ComparedVolume& b) {
    return std::tuple(!a.differs(), a.pod_namespace, a.kind, a.name, a.host_path) <
           std::tuple(!b.differs(), b.pod_namespace, b.kind, b.name, b.host_path);
  });
  return out;
}

}  // namespace reloadtrace
