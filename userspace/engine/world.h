// SPDX-License-Identifier: Apache-2.0
// The engine's memory, kept in step with the events. Knows what happened, concludes nothing.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "userspace/engine/model.h"
#include "userspace/engine/selection.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

// Whether a process that started then is this one. Zero = not known: then it is.
bool is_same(const Process& process, Timestamp started);

// Pointers that it hands out are valid until the volume, process or reader is removed.
class World {
 public:
  explicit World(Selection selection) : selection_(std::move(selection)) {}

  Volume* volume(VolumeId id);
  const Volume* volume(VolumeId id) const;
  // Also one that ended a short while ago.
  Process* process(std::uint32_t tgid);
  const Process* process(std::uint32_t tgid) const;
  Reader* container(const std::string& id);

  std::size_t volume_count() const { return volumes_.size(); }
  std::size_t reader_count() const;
  // Those that were asked for and have not appeared: "container web", "process 12",
  // "pod payments/web-0".
  std::vector<std::string> awaited() const;

  // In the order in which they appeared.
  template <typename Visit>
  void each_reader(Visit visit) {
    for (const auto& reader : readers_) {
      visit(*reader);
    }
  }
  template <typename Visit>
  void each_reader(Visit visit) const {
    for (const auto& reader : readers_) {
      visit(std::as_const(*reader));
    }
  }
  template <typename Visit>
  void each_volume(Visit visit) {
    for (auto& [id, volume] : volumes_) {
      visit(volume);
    }
  }
  template <typename Visit>
  void each_usage(Visit visit) {
    for (const auto& reader : readers_) {
      for (const auto& usage : reader->usages) {
        visit(*usage);
      }
    }
  }

  // The process behind a kernel event; made on its first one. A pid that was used again is a new
  // one.
  Process& process_of(const Origin& origin);

  // What the reader that this process belongs to did with the volume; a process outside containers
  // becomes a reader by this. Null for publishers and processes of containers not known.
  Usage* usage_of(Process& process, Volume& volume);

  void learn(const SessionFact& fact) { traced_since_ = fact.at; }
  void learn(const VolumeFact& fact);
  void learn(const ContainerFact& fact);
  void learn(const ProcessFact& fact);
  void learn(const WatchFact& fact);
  void learn(const HeldFact& fact);
  void learn(const ProgramFact& fact);
  // Ends an inspection: what was told since the last one becomes the state of the process.
  void learn(const InspectedFact& fact);

  // The new generation becomes the current one; remembers what its readers may still hold.
  void publish(Volume& volume, std::shared_ptr<const Publish> publish);

  // This process publishes this volume: it is no reader of it, and neither is a container that it
  // runs in, unless it was injected there. Who publishes a Kubernetes volume from outside of
  // containers (kubelet, under whatever name) is no reader of any.
  void mark_publisher(Process& process, VolumeId id);

  // Whether all of its watches are known: it was looked at, or began under the eyes of the trace.
  bool watches_known(const Process& process) const;

  void remove_reader(Reader& reader) { release_reader(reader); }
  // Knows it no more, and hands it over.
  std::unique_ptr<Reader> release_reader(Reader& reader);
  // It ended. What it did before and what is told late is still its own, not that of a new process.
  // Where its end was not seen, a fact that tells of it again shows that it lives.
  void end_process(std::uint32_t tgid, bool seen);
  void remove_process(std::uint32_t tgid);
  void remove_volume(VolumeId id);

 private:
  Reader& make_process_reader(Process& process);
  Usage& usage_in(Reader& reader, Volume& volume);
  void remove_usage(Reader& reader, VolumeId id);
  void join_container(Process& process);
  void forget_unmounted(Reader& reader);
  // What the container is known to mount, as far as the volumes are known.
  void attach_mounts(Reader& reader);

  Selection selection_;
  Timestamp traced_since_;
  std::unordered_map<VolumeId, Volume> volumes_;
  std::unordered_map<std::uint32_t, Process> processes_;
  std::unordered_map<std::uint32_t, Process> departed_;
  std::deque<std::uint32_t> departures_;  // tgids, in their order; bounds departed_
  std::vector<std::unique_ptr<Reader>> readers_;
  std::unordered_map<std::string, Reader*> containers_;
  std::unordered_map<std::uint64_t, std::string> container_of_cgroup_;
};

}  // namespace reloadtrace
