// SPDX-License-Identifier: Apache-2.0
// What happened, as the lines tell it: publishes, and what became of each at each reader.
//
// Texts are printable (sink/text.h): whatever was in a name, it is harmless to whoever shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "userspace/lines/line.h"
#include "userspace/lines/names.h"

namespace reloadtrace {

// Times are nanoseconds since 1970, UTC; latencies milliseconds from the publish.
struct PublishStory {
  std::int64_t at = 0;
  Names::Id node = 0;
  Names::Id volume_kind = 0;
  Names::Id volume_name = 0;
  Names::Id pod = 0;  // "namespace/name" of the pod that has the volume; empty: not known, or none
  Names::Id host_path = 0;
  Names::Id from = 0;
  Names::Id to = 0;
  Names::Id version = 0;
  Names::Id writer = 0;  // "kubelet[900]"
  std::vector<Names::Id> changed;
};

struct VerdictStory {
  std::size_t publish = 0;  // index
  std::int64_t at = 0;
  Names::Id verdict = 0;
  Names::Id cause = 0;
  Names::Id evidence = 0;
  Names::Id advice = 0;
  bool degraded = false;
  Names::Id pod = 0;        // "namespace/name"; empty outside Kubernetes
  Names::Id reader = 0;     // container, or "comm[pid]" of a process outside containers
  Names::Id container = 0;  // the beginning of its id, as runtimes shorten it
  Names::Id path = 0;       // where the reader sees the volume
  Names::Id process = 0;    // "java[1234]"
  Names::Id exe = 0;
  Names::Id trigger = 0;
  Names::Id trigger_detail = 0;
  Line::Latency latency;
  std::vector<std::pair<Names::Id, Names::Id>> processes;  // "worker[7]" and its state
  std::vector<Names::Id> observers;
};

struct LossStory {
  Names::Id node = 0;
  std::int64_t since = 0;  // 0: not known
  std::int64_t until = 0;
  std::vector<std::pair<Names::Id, std::uint64_t>> lost;
};

class History {
 public:
  void observe(const Line& line);
  // Brings publishes and verdicts into the order of time. Once, when all lines were observed.
  void arrange();

  const Names& names() const { return names_; }
  const std::vector<PublishStory>& publishes() const { return publishes_; }
  // Of each reader the last word on each publish: `late` takes the place of `stale`.
  const std::vector<VerdictStory>& verdicts() const { return verdicts_; }
  const std::vector<LossStory>& losses() const { return losses_; }
  bool empty() const { return publishes_.empty(); }

 private:
  std::size_t publish_of(const Line& line);
  void observe_verdict(const Line& line);
  void observe_loss(const Line& line);
  Names::Id text(std::string_view text);
  Names::Id process(const Line::Process& process);
  Names::Id pod(const Line::Reader& reader);

  Names names_;
  std::vector<PublishStory> publishes_;
  std::vector<VerdictStory> verdicts_;
  std::vector<LossStory> losses_;
  std::unordered_map<std::string, std::size_t> publish_index_;
  std::unordered_map<std::string, std::size_t> verdict_index_;
};

}  // namespace reloadtrace
