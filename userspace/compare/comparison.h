// SPDX-License-Identifier: Apache-2.0
// What the lines of many nodes say together: who runs the newest generation of each volume.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reloadtrace {

enum class Standing {
  Current,    // on the newest generation
  Behind,     // proven to be on an older one, or on parts of the newest
  Undecided,  // nothing proves either
};

// How a reader was judged. Names of generations say nothing here: each node makes its own.
enum class Measure {
  Version,  // by what the config calls itself, over all nodes
  Publish,  // by the newest publish that the reader's own node saw of the volume
};

struct ComparedReader {
  std::string node;
  bool container = true;
  std::string pod;  // of a container
  std::string container_name;
  std::string container_id;
  std::uint64_t pid = 0;  // of a process
  std::string comm;
  Standing standing = Standing::Undecided;
  Measure measure = Measure::Publish;
  std::string config_version;  // that it runs; empty when not known
  std::int64_t published = 0;  // when that was published, ns since 1970, UTC; 0: before the lines
  bool overtaken = false;      // on its own node's newest; another node published a newer version
  std::string verdict;         // the last one
  std::string cause;           // maybe empty
};

// The readers that run the same, as far as can be told.
struct Generation {
  Standing standing = Standing::Current;
  std::string config_version;  // empty: not known
  std::uint64_t readers = 0;
  std::vector<std::string> nodes;    // sorted
  std::int64_t first_published = 0;  // each node has its own publish of it; 0: not known
  std::int64_t last_published = 0;
};

struct ComparedVolume {
  std::string kind;
  std::string name;
  std::string pod_namespace;   // empty outside Kubernetes
  std::string host_path;       // of a directory
  std::string config_version;  // the newest; empty when no publish has one
  std::uint64_t current = 0;
  std::uint64_t behind = 0;
  std::uint64_t undecided = 0;
  std::uint64_t by_version = 0;         // how many of them were judged by Measure::Version
  std::vector<Generation> generations;  // the newest first
  std::vector<ComparedReader> others;   // all that are not current, by standing and name

  bool differs() const { return behind > 0; }
  std::uint64_t readers() const { return current + behind + undecided; }
};

// Readers on the newest generation / readers of which that is known; 1 without any. As the metric
// reloadtrace_consistency_ratio.
double consistency(std::uint64_t current, std::uint64_t behind);

struct Comparison {
  std::vector<std::string> nodes;       // sorted
  std::vector<ComparedVolume> volumes;  // those that differ first, then by name
  std::int64_t first_published = 0;
  std::int64_t last_published = 0;
  std::uint64_t current = 0;
  std::uint64_t behind = 0;
  std::uint64_t undecided = 0;

  bool differs() const { return behind > 0; }
  std::uint64_t readers() const { return current + behind + undecided; }
};

}  // namespace reloadtrace
