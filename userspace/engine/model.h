// SPDX-License-Identifier: Apache-2.0
// What the engine remembers: volumes and their generations, readers and what they did with them.
//
// Passive data. World keeps it in step with the events, Judge and Diagnosis read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/engine/coverage.h"
#include "userspace/engine/verdict.h"
#include "userspace/wire/event.h"
#include "userspace/wire/fact.h"
#include "userspace/wire/identity.h"

namespace reloadtrace {

// Reads of one process with gaps shorter than this are one burst: a reload as the application
// means it. Torn pairs seen in the wild lie within a few milliseconds.
inline constexpr Duration kBurstGap = std::chrono::milliseconds(250);

// An application can open the new file before the publisher's rename has returned to its caller
// (seen: 0.08 ms); notices that much earlier still belong to the publish.
inline constexpr Duration kEarlyNotice = std::chrono::milliseconds(1);

// How long a rename may take to return, at the most: its process may be preempted in it, after
// everybody was told (seen: 3 ms).
inline constexpr Duration kLongestRename = std::chrono::seconds(1);

// One publish, shared by the judgements of all readers.
struct Publish {
  PublishFact fact;
  // By path below the generation; what a reread must have read.
  std::map<std::string, FileFact, std::less<>> files;
  // What was read of it before this is not of this generation: inodes are used again.
  Timestamp prepared;
  // It was certainly not begun before: what was lost since then may have been of it. That is
  // `prepared` when all of the preparation was seen, else the publish before, or the start of the
  // trace.
  Timestamp earliest;

  Timestamp at() const { return fact.at; }
  bool changed(std::string_view file) const;
  // What --diff found in it; null when it was not asked, or the file is not among those modified.
  const FileDiff* diff_of(std::string_view file) const;
};

// One file of one generation, as one process read it.
struct FileUse {
  std::uint32_t tgid = 0;
  InodeId inode;
  std::uint64_t generation_ino = 0;
  std::string generation;   // name
  std::string file;         // below the generation
  Timestamp opened;         // latest open seen; zero = before the tracer, or inherited
  std::uint64_t burst = 0;  // that open was in; see Burst
  Timestamp last_read;      // latest read or mapping; zero = none
  Timestamp completed;      // when the last missing byte was read; zero = incomplete
  std::uint64_t size = 0;   // of the file at the latest event
  Coverage coverage;
  bool mapped = false;
  // Read while somebody could still write it: whether those were the final bytes cannot be known.
  bool while_written = false;
};

// One event that a process of this reader took from its queue about this volume.
struct Notice {
  Timestamp at;
  std::uint32_t tgid = 0;
  std::uint32_t mask = 0;  // fanotify's bits have the values of inotify's
  std::string name;
  bool fanotify = false;
};

// A request to reload that reached a process of a reader: a signal, or an HTTP request. It speaks
// of no volume in particular.
struct Request {
  Timestamp at;
  TriggerKind kind = TriggerKind::Signal;
  std::uint32_t tgid = 0;  // who got it; of a refused signal perhaps who sent it
  SignalEvent signal;
  HttpEvent http;      // its status becomes that of the answer
  Timestamp answered;  // zero = not seen
};

// Who read a file to its end last.
struct LastReader {
  std::uint32_t tgid = 0;
  std::string comm;
  Timestamp at;
};

// How a process looks at one place of a volume again and again.
struct Habit {
  PollCall call = PollCall::Stat;
  bool opens = false;  // by opening the file; else by `call`
  TargetKind kind = TargetKind::File;
  std::string path;         // as in PollFact
  InodeId inode;            // that was opened last
  std::uint64_t again = 0;  // opens of the very same file
  Timestamp latest;         // look
  std::uint64_t looks = 0;
  std::uint32_t error = 0;  // of the latest look
  // Of the latest intervals between looks; see note_look().
  std::deque<Duration> intervals;
};

struct Watch {
  int fd = -1;
  int wd = -1;
  std::uint32_t mask = 0;
  VolumeId volume;
  InodeId target;
  TargetKind kind = TargetKind::Root;
  std::string path;   // of the target from the volume's root; empty for the root
  Timestamp added{};  // zero = before the trace, or not seen
  bool alive = true;
  Timestamp ended{};      // when the end became known; zero while alive
  bool ignored = false;   // the process read IN_IGNORED for it
  bool removed = false;   // the process took it away itself
  bool executed = false;  // ended by an exec, unless an event shows that it outlived it
  bool fanotify = false;  // a mark of a fanotify group: it has no wd, and ends without a word
};

struct Reader;

struct Process {
  std::uint32_t tgid = 0;
  Reader* reader = nullptr;  // null: not a reader (a publisher, or not seen using a volume)
  Timestamp started;
  Timestamp executed;  // latest exec seen; zero = none
  std::uint32_t parent = 0;
  std::string comm;
  std::string exe;
  std::string container_id;
  ProcessRole role = ProcessRole::Application;
  bool publisher = false;           // part of the node's machinery: never a reader
  std::vector<VolumeId> publishes;  // its opens of these are never rereads
  bool told = false;                // a fact said what it is; else an event showed that it exists
  bool looked_at = false;           // an inspection told all about it
  bool io_uring = false;            // an inspection saw that it has an io_uring instance
  bool compat = false;              // … that it is a 32-bit program
  bool gone = false;                // it ended; what it did before may still be told
  bool end_seen = false;            // else that follows from the end of its container
  std::optional<ProgramFact> program;  // what it executes, where somebody has looked
  std::vector<Watch> watches;
  std::vector<WatchFailedFact> failed_watches;  // that it could not set up; bounded
  std::vector<HeldFact> held;                   // as of the latest inspection
  // Facts of an inspection that is under way.
  std::vector<Watch> inspected_watches;
  std::vector<HeldFact> inspected_held;
};

enum class Phase : std::uint8_t {
  Open,        // until the deadline
  Inspecting,  // the deadline has come; waiting for what /proc says of the reader's processes
  Said,        // a verdict against the reader was given; a late reread is still looked for
};

// What is still to be said about one publish at one reader.
struct Judgement {
  std::shared_ptr<const Publish> publish;
  std::vector<std::string> required;  // files that must be reread
  bool any = false;                   // one of `required` will do: none is known to be used
  bool before_trace = false;          // nobody saw what was read since the publish
  Phase phase = Phase::Open;
  Timestamp deadline;
  std::set<std::uint32_t> awaiting;  // processes under inspection
  Timestamp give_up;                 // no longer waits for them from here on
  bool refused = false;              // an inspection could not see its process …
  bool looked = false;               // … and one could
};

// The opens that a process is making in one go. It ends with a pause, and when a file comes again:
// then the process has begun anew.
struct Burst {
  std::uint64_t number = 0;
  Timestamp latest;
  std::set<std::string, std::less<>> files;
};

// What one reader did with one volume.
struct Usage {
  Reader* reader = nullptr;
  VolumeId volume;
  std::string path;               // where the reader sees the volume
  std::vector<MountFact> pinned;  // subPath mounts; `whole` is false when there are only such
  bool whole = false;             // the volume itself is mounted, or used from the host
  std::set<std::string, std::less<>> files;  // known to be used: opened by an application process
  std::map<std::pair<std::uint32_t, InodeId>, FileUse> uses;
  std::map<std::uint32_t, Burst> bursts;  // by tgid
  std::uint64_t last_burst = 0;           // its number; no two bursts have the same
  std::deque<Notice> notices;             // since the publish before the last; bounded
  // By who looks (a process, or the parent of short-lived ones), whether by opening, and the path.
  std::map<std::tuple<std::uint32_t, bool, std::string>, Habit> habits;
  std::vector<OpenFailedFact> failed_opens;        // since the last publish
  std::map<std::uint32_t, std::string> observers;  // since the last publish: tgid, comm
  Timestamp last_read;
  std::string last_read_file;
  std::map<std::string, LastReader, std::less<>> last_readers;  // by file
  Timestamp last_reload;  // when the latest publish that it followed was reread
  std::optional<Judgement> judgement;
  // The latest word on the newest publish; nothing while undecided, or when it was never asked.
  std::optional<Verdict> verdict;
};

// A container that mounts volumes, or a process outside containers that uses them.
struct Reader {
  std::string container_id;  // empty for a process
  ContainerFact container;
  std::uint32_t main = 0;                // tgid
  std::string comm;                      // of the main process, and its executable, …
  std::string exe;                       // … when it has gone
  std::vector<std::uint32_t> processes;  // tgids, application and observer
  std::vector<std::unique_ptr<Usage>> usages;
  std::deque<Request> requests;     // bounded
  std::vector<VolumeId> publishes;  // volumes that it writes; it is no reader of these
  bool selected = false;            // passes --container and --pid

  Usage* usage_of(VolumeId volume) const;
};

// A file of a volume, by name.
struct KnownFile {
  std::string path;        // below the generation
  std::string generation;  // name
  bool told = false;       // by a fact; else guessed from the path of an event
};

struct Volume {
  VolumeFact fact;
  std::shared_ptr<const Publish> last;  // latest publish; null before the first
  // By file inode. An inode that the file system uses again is overwritten when its new file is
  // first seen. Holds the latest two generations and what readers have used since.
  std::unordered_map<std::uint64_t, KnownFile> file_names;
  // When the publisher began to write what is not published yet: by the inodes of the root's child
  // and of the file.
  std::unordered_map<std::uint64_t, Timestamp> preparing;
  std::vector<Usage*> usages;
};

}  // namespace reloadtrace
