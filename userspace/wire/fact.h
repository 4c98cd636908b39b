// SPDX-License-Identifier: Apache-2.0
// What the node knows and the kernel did not say: who mounts what, which bytes changed, what was
// already open. Facts travel in the same stream as kernel events and are part of a recording, so
// that a replay needs nothing but the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/wire/identity.h"

namespace reloadtrace {

enum class HookState : std::uint8_t { Tracepoint = 1, Fentry = 2, Missing = 3 };

struct HookStatus {
  std::string name;
  HookState state = HookState::Missing;
};

// The first fact of every session.
struct SessionFact {
  Timestamp at;
  std::int64_t wall_offset_ns = 0;  // CLOCK_REALTIME minus CLOCK_MONOTONIC
  std::int64_t deadline_ns = 0;     // --deadline of the recording run; a replay's default
  std::string tracer_version;
  std::string kernel;  // uname -r
  std::string node;    // host name
  std::vector<HookStatus> hooks;
};

// What existed before the tracer has been told; the stream is live from here.
struct ReadyFact {
  Timestamp at;
};

// A hook was given up because the programs cost more than they may (--max-overhead). From then on
// it is missing.
struct ShedFact {
  Timestamp at;
  std::string hook;
  std::uint64_t cost_ppm = 0;   // what they cost, in millionths of one CPU
  std::uint64_t limit_ppm = 0;  // what they may
};

// The last fact of every session that ended by itself.
struct EndFact {
  Timestamp at;
};

// A regular file of a generation.
struct FileFact {
  std::string path;           // below the generation: "conf.d/a.yaml"
  std::uint64_t ino = 0;      // 0 = not known
  std::uint64_t size = 0;     // bytes
  std::uint64_t content = 0;  // equal bytes have equal numbers within a session; 0 = not known. Not
                              // a hash: what a Secret holds cannot be guessed from it
};

enum class VolumeKind : std::uint8_t {
  ConfigMap = 1,
  Secret = 2,
  Projected = 3,
  DownwardApi = 4,
  Csi = 5,
  Directory = 6,
};

struct GenerationFact {
  std::string name;   // "..2026_…" for a directory; "#1", "#2" … where there is none
  InodeId directory;  // {} where generations are files of a plain directory
  std::vector<FileFact> files;
  std::string config_version = {};  // what its files call it (--version-key); empty = not known
};

// A volume is tracked from now on; again when something about it was learned.
struct VolumeFact {
  Timestamp at;
  VolumeId id;
  VolumeKind kind = VolumeKind::Directory;
  std::string name;  // of the volume in the pod, or the directory's last component
  std::string host_path;
  std::string pod_uid;        // empty outside Kubernetes
  bool atomic_links = false;  // generations are directories that a symlink points to
  std::string link;           // name of that symlink: "..data"; empty without one
  GenerationFact current;
  Timestamp published;  // when the link to `current` was made, by its time stamp; zero = not known
};

struct VolumeGoneFact {
  Timestamp at;
  VolumeId id;
};

// One place where a container sees a volume.
struct MountFact {
  VolumeId volume;
  std::string path;        // in the container
  std::string sub_path;    // file or directory of a generation bound alone (subPath); else empty
  std::string generation;  // the generation which that sub_path is bound to; else empty
};

struct ContainerFact {
  Timestamp at;
  std::string id;                         // as the runtime gave it, from the cgroup path
  std::vector<std::uint64_t> cgroup_ids;  // its cgroup and those nested in it
  std::string name;                       // empty until known, and outside Kubernetes
  std::string pod;
  std::string pod_namespace;
  std::string pod_uid;
  std::uint32_t main = 0;  // tgid of its main process, 0 = not known
  std::vector<MountFact> mounts;
  std::uint32_t restarts = 0;  // how often kubelet started it anew; 0 also while not known
  // What runs a kernel of its own in this container (Kata's hypervisors, gVisor's sentry), by the
  // name of its program: system calls of the application never reach ours. Empty = nothing does.
  std::string guest;
};

struct ContainerGoneFact {
  Timestamp at;
  std::string id;
};

enum class ProcessRole : std::uint8_t {
  Application = 1,
  Observer = 2,  // injected with exec (kubectl exec, probes) or descended from such; another tracer
};

// A process that matters: in a container that mounts a volume, or using a volume outside of one.
struct ProcessFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  Timestamp started;
  std::uint32_t parent = 0;
  std::string comm;
  std::string exe;           // empty = could not be read
  std::string container_id;  // empty outside containers
  ProcessRole role = ProcessRole::Application;
};

enum class PublishStyle : std::uint8_t {
  LinkSwap = 1,    // rename onto a symlink: AtomicWriter, git-sync
  FileRename = 2,  // rename onto a file: vault-agent, editors
  InPlace = 3,     // last close after writing
};

enum class ChangeKind : std::uint8_t { Modified = 1, Added = 2, Removed = 3 };

struct FileChange {
  std::string path;  // below the generation
  ChangeKind kind = ChangeKind::Modified;
};

struct KeyChange {
  std::string key;  // "log.level", "hosts[1]"
  ChangeKind kind = ChangeKind::Modified;
  std::string before;  // with --diff values; empty for an added key
  std::string after;   // empty for a removed one
};

// What --diff found in a file that was modified.
struct FileDiff {
  std::string path;          // below the generation
  std::string not_compared;  // why its bytes alone were compared; empty when the rest of this holds
  std::vector<KeyChange> keys;
  std::uint32_t more = 0;     // changed as well, and not listed
  std::uint32_t ignored = 0;  // changed, and of no interest (--ignore-key)

  // Other bytes, and the same meaning: comments, order, white space, ignored keys.
  bool pseudo() const { return not_compared.empty() && keys.empty() && more == 0; }
};

// A generation became visible. Follows the kernel event that showed it, with that event's time.
struct PublishFact {
  Timestamp at;
  VolumeId volume;
  PublishStyle style = PublishStyle::LinkSwap;
  std::string from;  // generation names
  GenerationFact to;
  std::uint32_t writer_tgid = 0;  // 0 = not seen: found by comparing, with the time of that
  std::string writer_comm;
  bool contents_known = true;        // false: the files were gone before they could be read
  std::vector<FileChange> changed;   // bytes differ; all files when contents are not known
  std::vector<FileDiff> diffs = {};  // of those modified; empty without --diff
};

enum class TargetKind : std::uint8_t {
  Root = 1,        // the volume's root directory
  Generation = 2,  // a generation directory (a watch through ..data lands there)
  File = 3,        // a file inside a generation or of the root
  Link = 4,        // a symlink itself (IN_DONT_FOLLOW)
};

// A watch that lives now, as /proc/PID/fdinfo shows it.
struct WatchFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  int fd = -1;
  int wd = -1;
  std::uint32_t mask = 0;
  VolumeId volume;
  InodeId target;
  TargetKind kind = TargetKind::Root;
  std::string path;       // of the target from the volume's root; empty for the root
  bool fanotify = false;  // a mark of a fanotify group: wd is -1
};

// A descriptor or mapping of a volume's file that exists now.
struct HeldFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  int fd = -1;  // -1 = a mapping
  VolumeId volume;
  InodeId inode;
  std::string generation;  // name; empty = the file lies in the root itself
  std::string path;        // below the generation
  bool unlinked = false;
};

// All that /proc says of this process' watches and held files has been told: what was not among the
// facts since the previous one does not exist.
struct InspectedFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  bool complete = false;  // false: the process went away or could not be read
  bool io_uring = false;  // it has an io_uring instance, through which it may read
  bool compat = false;    // a 32-bit program: its system calls have other numbers
};

// What runs a process' code.
enum class Runtime : std::uint8_t {
  Unknown = 0,  // its executable could not be told
  Native = 1,
  Go = 2,
  Jvm = 3,
  Node = 4,
  Python = 5,
  Ruby = 6,
  Dotnet = 7,
  Perl = 8,
  Shell = 9,
};

struct ModuleFact {
  std::string path;  // "github.com/fsnotify/fsnotify"
  std::string version;
};

// What a process is built of, and which signals it takes, as it is now.
struct ProgramFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  Runtime runtime = Runtime::Unknown;
  std::string version;              // of Go: "go1.22.1"; else empty
  std::string main_package;         // of a Go program; empty = not known
  bool modules_known = false;       // its build has a list of modules
  std::vector<ModuleFact> modules;  // those of them that watch files
  bool signals_known = false;
  // Bit n-1 stands for signal n, as in /proc/PID/status.
  std::uint64_t caught = 0;
  std::uint64_t ignored = 0;
  std::uint64_t blocked = 0;    // in its main thread
  bool namespace_init = false;  // pid 1 of its pid namespace: what it does not catch is dropped
  std::string reload_request;   // that an argument of its command line enables: "POST /-/reload"
};

// A failed open of a volume's file, matched to it by path.
struct OpenFailedFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  VolumeId volume;
  std::string path;         // below the generation
  std::uint32_t error = 0;  // positive errno
  std::uint32_t uid = 0;
  std::uint32_t file_uid = 0;
  std::uint32_t file_gid = 0;
  std::uint32_t file_mode = 0;  // permission bits; 0 = the file does not exist
};

// How a process looked. bpf/events.h, enum reloadtrace_poll_call.
enum class PollCall : std::uint8_t { Stat = 1, Lstat = 2, Readlink = 3, Access = 4 };

// Looks at a place of a volume by one process, matched to it by path.
struct PollFact {
  Timestamp at;     // latest look
  Timestamp first;  // look
  std::uint32_t tgid = 0;
  VolumeId volume;
  TargetKind kind = TargetKind::File;
  std::string path;  // of a file: below the generation; of a link: from the root; else empty
  PollCall call = PollCall::Stat;
  std::uint32_t error = 0;  // of the latest look: positive errno, 0 = success
  std::uint64_t count = 1;  // looks
};

// bpf/events.h, enum reloadtrace_watch_call.
enum class WatchCall : std::uint8_t { Init = 1, Add = 2, FanotifyInit = 3, FanotifyMark = 4 };

// A watch that a process could not set up. Without a volume when it got no inotify instance.
struct WatchFailedFact {
  Timestamp at;
  std::uint32_t tgid = 0;
  VolumeId volume;
  std::string path;  // from the volume's root; empty for the root, and without a volume
  WatchCall call = WatchCall::Init;
  std::uint32_t error = 0;  // positive errno
  std::uint32_t uid = 0;
};

enum class LossCause : std::uint8_t {
  FactsRingFull = 1,
  ActivityRingFull = 2,
  MapFull = 3,
  ReadFault = 4,
  WalkTooDeep = 5,
  Truncated = 6,
  OutOfOrder = 7,   // came after a younger one was delivered
  Undecodable = 8,  // a record that this version cannot read
  Polls = 9,        // looks at a path that could not be counted
  MissedRuns = 10,  // a program did not run: it was preempted by one of its own (tier fentry)
};

struct LossCount {
  LossCause cause = LossCause::FactsRingFull;
  std::uint64_t count = 0;
};

// Something was lost between two looks at the counters. Stands in the stream before all else that
// happened since the first of them: nobody may be judged by that without knowing of the loss.
struct LossFact {
  Timestamp at;  // until then
  Timestamp since;
  std::vector<LossCount> lost;
};

}  // namespace reloadtrace
