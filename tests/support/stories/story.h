// SPDX-License-Identifier: Apache-2.0
// Stories for the engine: who watches what, who publishes, who rereads. Every event takes one tick
// of a clock that begins at noon; `pass` lets time go by in between.
//
// A volume keeps account of its generations, so that a story says what happens and not with which
// inode numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "userspace/wire/event.h"

namespace reloadtrace::testing {

using namespace std::chrono_literals;

using Contents = std::map<std::string, std::string>;  // by path below the generation

struct StoryGeneration {
  GenerationFact fact;
  std::uint64_t child = 0;  // inode of the root's child that the files lie under; 0 = the root
  std::string prefix;       // from the root to the files: "..2026_…/"; empty in a plain directory
  Contents contents;
};

struct StoryVolume {
  VolumeFact fact;
  StoryGeneration old;  // the one before the latest publish
  StoryGeneration now;
  int generations = 1;
};

struct StoryProcess {
  std::uint32_t tgid = 0;
  Timestamp started;
  std::string comm;
  std::string exe;
  std::uint64_t cgroup = 0;
  std::string container;  // id
  std::uint32_t parent = 1;
};

struct StoryContainer {
  ContainerFact fact;
  StoryProcess main;
};

struct StoryWatch {
  StoryProcess process;
  WatchFact fact;
};

class Story {
 public:
  using Deliver = std::function<void(const Event&)>;
  explicit Story(Deliver deliver);
  ~Story();

  static constexpr Duration kTick = 10us;
  static constexpr Duration kDeadline = 120s;

  Timestamp now() const { return now_; }
  void pass(Duration duration) { now_ = now_ + duration; }
  // The time of the next event.
  Timestamp tick();
  // Any event or fact that has no word of its own here.
  void deliver(const Event& event) { deliver_(event); }

  void begin(std::vector<HookStatus> hooks = all_hooks());
  void ready() { deliver(ReadyFact{tick()}); }
  void end() { deliver(EndFact{tick()}); }
  void lose(LossCause cause, std::uint64_t count = 1);
  void shed(const std::string& hook) { deliver(ShedFact{tick(), hook, 73'000, 10'000}); }
  static std::vector<HookStatus> all_hooks();
  static std::vector<HookStatus> hooks_without(const std::string& name);

  // Volumes. Each is told of at once.
  StoryVolume& config_map(const Contents& contents = {{"app.yaml", "level: info"}});
  StoryVolume& atomic_volume(VolumeKind kind, const std::string& name, const Contents& contents);
  StoryVolume& plain_directory(const Contents& contents = {{"app.yaml", "level: info"}});
  // As git-sync does it: a link to a worktree that lies deeper than the root's child.
  StoryVolume& git_volume(const Contents& contents = {{"app.yaml", "level: info"}});

  // Readers.
  StoryContainer container(const std::string& name, const std::vector<const StoryVolume*>& volumes);
  StoryContainer container_with(const std::string& name, std::vector<MountFact> mounts);
  static MountFact mount(const StoryVolume& volume);
  static MountFact sub_path(const StoryVolume& volume, const std::string& path);
  // Forked and told of; runs in the same container.
  StoryProcess child(const StoryProcess& parent, const std::string& comm);
  // Injected with exec: an observer.
  StoryProcess injected(const StoryContainer& container, const std::string& comm);
  // Outside containers.
  StoryProcess process(const std::string& comm);
  void exec(StoryProcess& process, const std::string& comm);
  void exit(const StoryProcess& process);
  void gone(const StoryContainer& container) {
    deliver(ContainerGoneFact{tick(), container.fact.id});
  }

  // Publishing. `contents` are all files of the new generation.
  static Contents changed(Contents contents, const std::string& path, const std::string& content) {
    contents[path] = content;
    return contents;
  }
  // What a publisher does before: the new directory with its files.
  StoryGeneration prepare(StoryVolume& volume, const Contents& contents);
  // Makes it visible; returns when.
  Timestamp swap(StoryVolume& volume, StoryGeneration next);
  Timestamp publish(StoryVolume& volume, const Contents& contents);
  // One more line in app.yaml, as kubelet would write it.
  Timestamp publish(StoryVolume& volume);
  // Onto a file, by rename; in a plain directory.
  Timestamp rename_onto(StoryVolume& volume, const std::string& path, const std::string& content);
  // Same inode, written and closed.
  Timestamp write_in_place(StoryVolume& volume,
                           const std::string& path,
                           const std::string& content);
  PublishFact publish_fact(const StoryVolume& volume, const StoryGeneration& next) const;
  StoryProcess& publisher() { return publisher_; }

  // Reading. Of the current generation unless another is given.
  void open(const StoryProcess& process, const StoryVolume& volume, const std::string& file);
  void read(const StoryProcess& process, const StoryVolume& volume, const std::string& file);
  void reread(const StoryProcess& process, const StoryVolume& volume, const std::string& file);
  void open(const StoryProcess&, const StoryVolume&, const StoryGeneration&, const std::string&);
  void read(const StoryProcess&, const StoryVolume&, const StoryGeneration&, const std::string&);
  void reread(const StoryProcess&, const StoryVolume&, const StoryGeneration&, const std::string&);
  void read_part(const StoryProcess& process,
                 const StoryVolume& volume,
                 const std::string& file,
                 std::uint64_t offset,
                 std::uint64_t count);
  void map(const StoryProcess& process, const StoryVolume& volume, const std::string& file);
  void fail_open(const StoryProcess& process,
                 const StoryVolume& volume,
                 const std::string& file,
                 std::uint32_t error);

  // Watching. The path is from the volume's root; empty = the root, "app.yaml" = the file behind
  // the link (in the current generation), "..data" = the current generation directory.
  StoryWatch watch(const StoryProcess& process,
                   const StoryVolume& volume,
                   const std::string& path,
                   std::uint32_t mask);
  void notify(const StoryWatch& watch, std::uint32_t mask, const std::string& name = "");
  // What a watch of the root receives of an AtomicWriter's swap, as far as its mask lets it pass.
  void notify_of_swap(const StoryWatch& watch, const StoryVolume& volume);
  // What a watch of a file (through its links) receives when its generation is deleted.
  void notify_of_death(const StoryWatch& watch);

  // A fanotify mark on the root; what its group then gives.
  void mark(const StoryProcess& process, const StoryVolume& volume, std::uint64_t mask);
  void fanotify(const StoryProcess& process, std::uint64_t mask, const std::string& name = "");
  void fail_watch(const StoryProcess& process, WatchCall call, std::uint32_t error);

  // Looking and asking.
  void look(const StoryProcess& process,
            const StoryVolume& volume,
            const std::string& path,
            PollCall call,
            TargetKind kind = TargetKind::File);
  // SIGHUP from a process of the node.
  void hang_up(const StoryProcess& target,
               SignalHandling handling,
               SignalOutcome outcome = SignalOutcome::Delivered);
  // SIGHUP that may not be sent, or for a pid that nobody has.
  void refuse(const StoryProcess& sender, const StoryProcess& target);
  void refuse(const StoryProcess& sender, int pid);
  void post(const StoryProcess& server, const std::string& line);
  void answer(const StoryProcess& server, std::uint32_t status);

  // Looks at a process: it has these watches, and holds these files.
  void inspect(const StoryProcess& process,
               const std::vector<StoryWatch>& watches = {},
               std::vector<HeldFact> held = {});
  static HeldFact holds(const StoryVolume& volume,
                        const StoryGeneration& generation,
                        const std::string& file,
                        int fd);

  Origin origin(const StoryProcess& process);
  static FileRef file_ref(const StoryVolume& volume,
                          const StoryGeneration& generation,
                          const std::string& file);

 private:
  StoryVolume& add_volume(StoryVolume volume);
  StoryGeneration generation(const StoryVolume& volume, const Contents& contents);
  std::uint64_t content_number(const std::string& content);
  StoryProcess new_process(const std::string& comm);
  void tell(const StoryProcess& process, ProcessRole role);
  Timestamp announce(StoryVolume& volume, PublishFact fact, StoryGeneration next);

  Deliver deliver_;
  Timestamp now_{3'600'000'000'000};
  std::deque<StoryVolume> volumes_;  // references stay valid
  std::map<std::string, std::uint64_t> content_numbers_;
  std::uint64_t next_inode_ = 100;
  std::uint64_t next_cgroup_ = 7000;
  std::uint32_t next_tgid_ = 100;
  int next_wd_ = 1;
  Timestamp posted_;
  StoryProcess publisher_{900, {1'000'000'000}, "kubelet", "/usr/bin/kubelet", 1, "", 1};
};

}  // namespace reloadtrace::testing
