// SPDX-License-Identifier: Apache-2.0
#include "tests/support/stories/story.h"

#include <fmt/format.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace reloadtrace::testing {
namespace {

// 2026-11-22T12:00:00Z when the clock of a story begins.
constexpr std::int64_t kNoon = 1'795'348'800'000'000'000 - 3'600'000'000'000;

constexpr char kPodUid[] = "5d1c7a3e-0000-4000-8000-000000000001";

SignalEvent signal_for(const StoryProcess& target) {
  SignalEvent event;
  event.target = target.tgid;
  event.target_started = target.started;
  event.target_cgroup = target.cgroup;
  event.target_pid = 1;
  event.target_comm = target.comm;
  event.signal = SIGHUP;
  return event;
}

}  // namespace

Story::Story(Deliver deliver) : deliver_(std::move(deliver)) {}

Story::~Story() = default;

Timestamp Story::tick() {
  now_ = now_ + kTick;
  return now_;
}

std::vector<HookStatus> Story::all_hooks() {
  std::vector<HookStatus> hooks;
  for (const char* name : {"open", "read", "mmap", "publish", "inotify", "exec", "exit", "poll",
                           "signal", "http", "fanotify", "io_uring"}) {
    hooks.push_back({name, HookState::Tracepoint});
  }
  return hooks;
}

std::vector<HookStatus> Story::hooks_without(const std::string& name) {
  std::vector<HookStatus> hooks = all_hooks();
  for (HookStatus& hook : hooks) {
    if (hook.name == name) {
      hook.state = HookState::Missing;
    }
  }
  return hooks;
}

void Story::begin(std::vector<HookStatus> hooks) {
  SessionFact fact;
  fact.at = tick();
  fact.wall_offset_ns = kNoon;
  fact.deadline_ns = Duration(kDeadline).count();
  fact.tracer_version = "0.1.0";
  fact.kernel = "6.12.0";
  fact.node = "n1";
  fact.hooks = std::move(hooks);
  deliver(fact);
}

void Story::lose(LossCause cause, std::uint64_t count) {
  const Timestamp at = tick();
  deliver(LossFact{at, at - Duration(1s), {{cause, count}}});
}

Origin Story::origin(const StoryProcess& process) {
  return {tick(), process.started, process.cgroup, process.tgid, process.tgid, process.comm};
}

StoryProcess Story::new_process(const std::string& comm) {
  StoryProcess out;
  out.tgid = next_tgid_++;
  out.started = tick();
  out.comm = comm;
  out.exe = "/usr/bin/" + comm;
  return out;
}

void Story::tell(const StoryProcess& process, ProcessRole role) {
  deliver(ProcessFact{tick(), process.tgid, process.started, process.parent, process.comm,
                      process.exe, process.container, role});
}

MountFact Story::mount(const StoryVolume& volume) {
  return {volume.fact.id, "/etc/" + volume.fact.name, "", ""};
}

MountFact Story::sub_path(const StoryVolume& volume, const std::string& path) {
  return {volume.fact.id, "/etc/" + path, path,
          volume.fact.atomic_links ? volume.now.fact.name : ""};
}

StoryContainer Story::container(const std::string& name,
                                const std::vector<const StoryVolume*>& volumes) {
  std::vector<MountFact> mounts;
  for (const StoryVolume* volume : volumes) {
    mounts.push_back(mount(*volume));
  }
  return container_with(name, std::move(mounts));
}

StoryContainer Story::container_with(const std::string& name, std::vector<MountFact> mounts) {
  StoryContainer out;
  out.main = new_process(name);
  out.main.cgroup = next_cgroup_++;
  out.main.container = fmt::format("{:064x}", 0xc0ffee0000ULL + out.main.cgroup);
  out.fact.id = out.main.container;
  out.fact.cgroup_ids = {out.main.cgroup};
  out.fact.name = name;
  out.fact.pod = "risk-7d9f";
  out.fact.pod_namespace = "risk";
  out.fact.pod_uid = kPodUid;
  out.fact.main = out.main.tgid;
  out.fact.mounts = std::move(mounts);
  out.fact.at = tick();
  deliver(out.fact);
  tell(out.main, ProcessRole::Application);
  return out;
}

StoryProcess Story::child(const StoryProcess& parent, const std::string& comm) {
  StoryProcess out = new_process(comm);
  out.cgroup = parent.cgroup;
  out.container = parent.container;
  out.parent = parent.tgid;
  tell(out, ProcessRole::Application);
  deliver(ForkEvent{origin(parent), out.tgid, out.started});
  return out;
}

StoryProcess Story::injected(const StoryContainer& container, const std::string& comm) {
  StoryProcess out = new_process(comm);
  out.cgroup = container.main.cgroup;
  out.container = container.fact.id;
  out.parent = 1;
  tell(out, ProcessRole::Observer);
  return out;
}

StoryProcess Story::process(const std::string& comm) {
  StoryProcess out = new_process(comm);
  out.cgroup = 1;
  tell(out, ProcessRole::Application);
  return out;
}

void Story::exec(StoryProcess& process, const std::string& comm) {
  process.comm = comm;
  process.exe = "/usr/bin/" + comm;
  tell(process, ProcessRole::Application);
  deliver(ExecEvent{origin(process), process.parent, 1, 1, 1});
}

void Story::exit(const StoryProcess& process) {
  deliver(ExitEvent{origin(process), 0});
}

void Story::open(const StoryProcess& process,
                 const StoryVolume& volume,
                 const StoryGeneration& generation,
                 const std::string& file) {
  deliver(OpenEvent{origin(process), file_ref(volume, generation, file), generation.prefix + file,
                    3, 0});
}

void Story::read(const StoryProcess& process,
                 const StoryVolume& volume,
                 const StoryGeneration& generation,
                 const std::string& file) {
  const FileRef ref = file_ref(volume, generation, file);
  deliver(ReadEvent{origin(process), ref, 0, ref.size, 3});
  deliver(ReadEvent{origin(process), ref, ref.size, 0, 3});
}

void Story::reread(const StoryProcess& process,
                   const StoryVolume& volume,
                   const StoryGeneration& generation,
                   const std::string& file) {
  open(process, volume, generation, file);
  read(process, volume, generation, file);
}

void Story::open(const StoryProcess& process, const StoryVolume& volume, const std::string& file) {
  open(process, volume, volume.now, file);
}

void Story::read(const StoryProcess& process, const StoryVolume& volume, const std::string& file) {
  read(process, volume, volume.now, file);
}

void Story::reread(const StoryProcess& process,
                   const StoryVolume& volume,
                   const std::string& file) {
  reread(process, volume, volume.now, file);
}

void Story::read_part(const StoryProcess& process,
                      const StoryVolume& volume,
                      const std::string& file,
                      std::uint64_t offset,
                      std::uint64_t count) {
  deliver(ReadEvent{origin(process), file_ref(volume, volume.now, file), offset, count, 3});
}

void Story::map(const StoryProcess& process, const StoryVolume& volume, const std::string& file) {
  const FileRef ref = file_ref(volume, volume.now, file);
  deliver(MapEvent{origin(process), ref, volume.now.prefix + file, 0, 4096, 3});
}

void Story::fail_open(const StoryProcess& process,
                      const StoryVolume& volume,
                      const std::string& file,
                      std::uint32_t error) {
  OpenFailedFact fact{tick(), process.tgid, volume.fact.id, file, error, 65534, 0, 0, 0400};
  if (error == ENOENT) {
    fact.file_mode = 0;
  }
  deliver(fact);
}

StoryWatch Story::watch(const StoryProcess& process,
                        const StoryVolume& volume,
                        const std::string& path,
                        std::uint32_t mask) {
  StoryWatch out;
  out.process = process;
  out.fact.tgid = process.tgid;
  out.fact.fd = 5;
  out.fact.wd = next_wd_++;
  out.fact.mask = mask;
  out.fact.volume = volume.fact.id;
  FileRef ref;
  ref.dev = volume.fact.id.dev;
  ref.volume_ino = volume.fact.id.ino;
  if (path.empty()) {
    ref.ino = volume.fact.id.ino;
    ref.mode = S_IFDIR | 0755;
  } else if ((mask & IN_DONT_FOLLOW) != 0 && volume.fact.atomic_links) {
    out.fact.kind = TargetKind::Link;
    out.fact.path = path;
    ref.ino = next_inode_++;
    ref.mode = S_IFLNK | 0777;
  } else if (path == volume.fact.link) {
    out.fact.kind = TargetKind::Generation;
    out.fact.path = volume.now.fact.name;
    ref.ino = volume.now.fact.directory.ino;
    ref.generation_ino = volume.now.child;
    ref.mode = S_IFDIR | 0755;
  } else {
    out.fact.kind = TargetKind::File;
    out.fact.path = volume.now.prefix + path;
    ref = file_ref(volume, volume.now, path);
  }
  out.fact.target = ref.inode();
  deliver(WatchAddEvent{origin(process), ref, out.fact.path, out.fact.fd, out.fact.wd, mask});
  return out;
}

void Story::notify(const StoryWatch& watch, std::uint32_t mask, const std::string& name) {
  deliver(NotifyEvent{origin(watch.process), watch.fact.fd, watch.fact.wd, mask, name});
}

void Story::notify_of_swap(const StoryWatch& watch, const StoryVolume& volume) {
  const std::pair<std::uint32_t, std::string> burst[] = {
      {IN_CREATE | IN_ISDIR, volume.now.fact.name},
      {IN_ATTRIB | IN_ISDIR, volume.now.fact.name},
      {IN_CREATE, "..data_tmp"},
      {IN_MOVED_FROM, "..data_tmp"},
      {IN_MOVED_TO, "..data"},
      {IN_DELETE | IN_ISDIR, volume.old.fact.name}};
  for (const auto& [mask, name] : burst) {
    if ((mask & watch.fact.mask & ~static_cast<std::uint32_t>(IN_ISDIR)) != 0) {
      notify(watch, mask, name);
    }
  }
}

void Story::notify_of_death(const StoryWatch& watch) {
  for (const std::uint32_t mask : {IN_ATTRIB, IN_DELETE_SELF}) {
    if ((mask & watch.fact.mask) != 0) {
      notify(watch, mask);
    }
  }
  notify(watch, IN_IGNORED);
}

void Story::mark(const StoryProcess& process, const StoryVolume& volume, std::uint64_t mask) {
  FileRef root;
  root.dev = volume.fact.id.dev;
  root.volume_ino = volume.fact.id.ino;
  root.ino = volume.fact.id.ino;
  root.mode = S_IFDIR | 0755;
  deliver(FanotifyMarkEvent{origin(process), root, "", mask, 6, FAN_MARK_ADD});
}

void Story::fanotify(const StoryProcess& process, std::uint64_t mask, const std::string& name) {
  deliver(FanotifyEvent{origin(process), mask, 6, name});
}

void Story::fail_watch(const StoryProcess& process, WatchCall call, std::uint32_t error) {
  deliver(WatchFailedFact{tick(), process.tgid, {}, "", call, error, 1000});
}

void Story::look(const StoryProcess& process,
                 const StoryVolume& volume,
                 const std::string& path,
                 PollCall call,
                 TargetKind kind) {
  const Timestamp at = tick();
  deliver(PollFact{at, at, process.tgid, volume.fact.id, kind, path, call, 0, 1});
}

void Story::hang_up(const StoryProcess& target, SignalHandling handling, SignalOutcome outcome) {
  SignalEvent event = signal_for(target);
  event.origin = Origin{tick(), {2'000'000'000}, 1, 950, 950, "kill"};
  event.handling = handling;
  event.outcome = outcome;
  deliver(event);
}

void Story::refuse(const StoryProcess& sender, const StoryProcess& target) {
  SignalEvent event = signal_for(target);
  event.origin = origin(sender);
  event.outcome = SignalOutcome::Refused;
  event.error = EPERM;
  deliver(event);
}

void Story::refuse(const StoryProcess& sender, int pid) {
  SignalEvent event;
  event.origin = origin(sender);
  event.target_pid = pid;
  event.signal = SIGHUP;
  event.outcome = SignalOutcome::Refused;
  event.error = ESRCH;
  deliver(event);
}

void Story::post(const StoryProcess& server, const std::string& line) {
  const Origin at = origin(server);
  posted_ = at.at;
  deliver(HttpEvent{at, at.at, 4711, 0, 8, line});
}

void Story::answer(const StoryProcess& server, std::uint32_t status) {
  deliver(HttpEvent{origin(server), posted_, 4711, status, 8, "POST /-/reload"});
}

HeldFact Story::holds(const StoryVolume& volume,
                      const StoryGeneration& generation,
                      const std::string& file,
                      int fd) {
  HeldFact fact;
  fact.fd = fd;
  fact.volume = volume.fact.id;
  fact.inode = file_ref(volume, generation, file).inode();
  fact.generation = volume.fact.atomic_links ? generation.fact.name : "";
  fact.path = file;
  fact.unlinked = generation.fact.name != volume.now.fact.name;
  return fact;
}

void Story::inspect(const StoryProcess& process,
                    const std::vector<StoryWatch>& watches,
                    std::vector<HeldFact> held) {
  const Timestamp at = tick();
  for (const StoryWatch& watch : watches) {
    WatchFact fact = watch.fact;
    fact.at = at;
    fact.tgid = process.tgid;
    deliver(fact);
  }
  for (HeldFact& fact : held) {
    fact.at = at;
    fact.tgid = process.tgid;
    deliver(fact);
  }
  deliver(InspectedFact{at, process.tgid, true});
}

}  // namespace reloadtrace::testing
