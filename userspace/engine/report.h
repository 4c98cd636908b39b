// SPDX-License-Identifier: Apache-2.0
// What the engine concludes, ready to be said: a sink formats these and decides nothing.
//
// Times are monotonic; StartReport carries the offset that turns them into wall clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/engine/verdict.h"

namespace reloadtrace {

// A process as people know it.
struct ProcessInfo {
  std::uint32_t pid = 0;
  std::string comm;
  std::string exe;  // empty = not known
};

struct VolumeInfo {
  std::string kind;  // "configmap", "secret" … "directory"
  std::string name;
  std::string path;  // where this reader sees it; the host path in a publish
  std::string host_path;
  std::string pod_uid;  // empty outside Kubernetes
};

struct ReaderInfo {
  bool container = false;    // else a process outside containers
  std::string name;          // container name, or the process' comm
  std::string container_id;  // empty for a process
  std::string pod;
  std::string pod_namespace;
  std::string pod_uid;
  std::uint32_t restarts = 0;
  ProcessInfo process;  // main process of the container, or the process
};

struct ChangedKey {
  std::string key;
  std::string change;  // as of a file
  std::string before;  // with --diff values
  std::string after;
};

// What --diff says of a modified file.
struct ChangedKeys {
  std::string not_compared;  // why its bytes alone were compared; empty when the rest of this holds
  std::vector<ChangedKey> keys;
  std::uint32_t more = 0;     // changed as well
  std::uint32_t ignored = 0;  // changed, and of no interest
  bool pseudo = false;        // the file means what it meant
};

struct ChangedFile {
  std::string file;
  std::string change;  // "modified", "added", "removed"
  std::optional<ChangedKeys> keys = {};
};

struct PublishInfo {
  Timestamp at;
  std::string from;  // generation names
  std::string to;
  ProcessInfo writer;  // pid 0 = not seen
  std::vector<ChangedFile> changed;
  std::string config_version = {};  // what its files call the generation; empty = none
};

struct TriggerInfo {
  TriggerKind kind = TriggerKind::Unknown;
  std::string detail;  // "IN_MOVED_TO ..data"
};

// Since the publish; never negative (an application may be faster than the publisher's return).
struct Latencies {
  std::optional<Duration> notified;
  std::optional<Duration> opened;
  std::optional<Duration> read;
};

struct FileRead {
  std::string file;
  std::string generation;
  std::uint64_t bytes = 0;  // distinct bytes read or mapped
  std::uint64_t size = 0;
  bool complete = false;
};

// How far one process of a reader has come with a publish.
enum class ProcessState : std::uint8_t {
  Reread,     // every required file that it uses
  Partly,     // some, or not to their end
  Old,        // it used older generations and nothing newer
  Untouched,  // it never used the volume, as far as is known
};
std::string_view name_of(ProcessState state);  // "reread"

struct ProcessUse {
  ProcessInfo process;
  ProcessState state = ProcessState::Untouched;
  bool began_after = false;        // the process began after the publish
  std::vector<FileRead> files;     // required files, the newest generation that it read of each
  std::vector<std::string> holds;  // what it keeps of older generations: "app.yaml of ..2026_…"
};

struct StartReport {
  Timestamp at;
  std::int64_t wall_offset_ns = 0;  // add to a Timestamp to get CLOCK_REALTIME
  std::string version;
  std::string kernel;
  std::string node;
  std::vector<std::pair<std::string, std::string>>
      hooks;  // name, "tracepoint" | "fentry" | "missing"
  std::size_t volumes = 0;
  std::size_t readers = 0;
};

struct PublishReport {
  VolumeInfo volume;
  PublishInfo publish;
  // How many reload lines will follow: the readers that this publish is asked of.
  std::size_t readers = 0;
  // Of the pod that the volume belongs to, when one of its containers is known; else empty.
  std::string pod = {};
  std::string pod_namespace = {};
};

struct ReloadReport {
  Timestamp at;
  Verdict verdict = Verdict::Unknown;
  std::optional<Cause> cause;
  std::string evidence;   // one sentence with its numbers
  std::string advice;     // one sentence; empty when nothing is to be done
  bool degraded = false;  // something was lost or a hook is missing
  VolumeInfo volume;
  ReaderInfo reader;
  std::optional<ProcessInfo> process;  // the one that the verdict is about
  PublishInfo publish;
  std::optional<TriggerInfo> trigger;
  Latencies latency;
  std::vector<FileRead> files;
  // The reader's application processes that ever used the volume, when there are several.
  std::vector<ProcessUse> processes;
  std::vector<ProcessInfo> observers;
};

// One piece of evidence (--events).
struct EventReport {
  Timestamp at;
  std::string event;  // "open", "read", "map", "watch_add", "watch_end", "notify", "exec", "exit" …
  std::optional<VolumeInfo> volume;
  std::optional<ReaderInfo> reader;
  ProcessInfo process;
  std::vector<std::pair<std::string, std::string>> text;  // details, by field name
  std::vector<std::pair<std::string, std::uint64_t>> numbers;
};

// A living watch, or mark of fanotify.
struct WatchInfo {
  std::string target;  // from the volume's root; "." for the root itself
  std::string kind;    // "root", "generation", "file", "link"
  std::string mask;    // "IN_MOVED_TO|IN_CREATE"
  std::uint32_t pid = 0;
};

// What a process executes, and what that shows of it.
struct ProgramInfo {
  ProcessInfo process;
  std::string runtime;                                       // "go", "jvm" … "unknown"
  std::string version;                                       // of Go: "go1.22.1"; else empty
  std::string main_package;                                  // of a Go program
  std::vector<std::pair<std::string, std::string>> modules;  // that watch files; path, version
  std::vector<std::string> handles;  // signals that ask for a reload: "SIGHUP"
};

// Whether a reader can reread by itself (doctor; also when one appears, with --events).
struct ReaderReport {
  Timestamp at;
  ReaderInfo reader;
  VolumeInfo volume;
  std::string can_reload;      // "yes", "no", "unknown"
  std::optional<Cause> cause;  // with "unknown": what may keep it from it
  std::string evidence;
  std::string advice;
  std::optional<ProcessInfo> process;  // the one that the evidence is about
  std::vector<WatchInfo> watches;
  std::vector<ProgramInfo> programs;  // of its application processes; bounded
};

struct LossReport {
  Timestamp at;
  Timestamp since;
  Timestamp until;
  std::map<std::string, std::uint64_t> lost;  // by cause
};

// A hook was given up because the programs cost too much.
struct ShedReport {
  Timestamp at;
  std::string hook;
  double cpu_percent = 0;  // what they cost, of one CPU
  double max_percent = 0;
};

// Reports that were not put out, for whoever reads them is too slow. Unlike lost events they make
// no verdict doubtful. Not of the engine: the queue before a sink makes them.
struct DropReport {
  Timestamp at;
  Timestamp since;  // the times of the first and the last of them
  Timestamp until;
  std::uint64_t reports = 0;
};

struct StopReport {
  Timestamp at;
  std::map<std::string, std::uint64_t> totals;  // by verdict
  std::map<std::string, std::uint64_t> lost;    // by cause, whole session
  std::uint64_t dropped = 0;                    // reports, whole session
};

// Readers of one pod, or (without a pod) of no pod. Each counts once, however many volumes it uses;
// the rest of `readers` cannot be told.
struct ReaderCount {
  std::uint64_t readers = 0;
  std::uint64_t current = 0;  // on the newest generation of all their volumes
  std::uint64_t behind = 0;   // not seen to have reread the newest generation of some volume (yet)
  std::uint64_t stale = 0;    // of those behind: found stale, partial or torn, and not late since
};

struct PodName {
  std::string pod_namespace;  // both empty for a process outside containers
  std::string pod;

  // NOLINTNEXTLINE(modernize-use-nullptr): as in Timestamp
  auto operator<=>(const PodName&) const = default;
};

using Census = std::map<PodName, ReaderCount>;

using Report = std::variant<StartReport,
                            PublishReport,
                            ReloadReport,
                            EventReport,
                            ReaderReport,
                            LossReport,
                            DropReport,
                            ShedReport,
                            StopReport>;

}  // namespace reloadtrace
