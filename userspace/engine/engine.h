// SPDX-License-Identifier: Apache-2.0
// Events in, verdicts out.
//
// Pure: no clock, no I/O, no threads. Time is what the events say and advance_to() adds, so a
// recording gives the same conclusions as the live run that it came from.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "userspace/engine/census.h"
#include "userspace/engine/diagnosis.h"
#include "userspace/engine/early_ends.h"
#include "userspace/engine/report.h"
#include "userspace/engine/roster.h"
#include "userspace/engine/world.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

struct EngineOptions {
  // When a silent reader is judged.
  Duration deadline = std::chrono::seconds(120);
  // Also say each piece of evidence (--events).
  bool evidence = false;
  Selection selection;
};

inline constexpr char kContentsGone[] =
    "not all new files could be compared with the old: gone already, unreadable, too many or too "
    "deep";
inline constexpr char kProcessEnded[] = "the process ended";

class Engine {
 public:
  using Say = std::function<void(const Report&)>;
  // Before a reader is accused, the host is asked to look at its processes: it observes WatchFacts,
  // HeldFacts and an InspectedFact for each, at once or later. In a replay they are in the
  // recording.
  using Inspect = std::function<void(std::span<const std::uint32_t> tgids, Timestamp now)>;

  Engine(EngineOptions options, Say say, Inspect inspect);
  ~Engine();

  // Events come in the order of the stream; facts precede the kernel event that made them known.
  void observe(const Event& event);

  // Nothing older than this will be observed any more: judges those whose deadline has passed.
  void advance_to(Timestamp now);

  // Nothing is waited for: until something is observed, time alone changes nothing.
  bool idle() const { return next_deadline_ == kNoDeadline; }

  std::size_t volumes() const { return world_.volume_count(); }
  std::size_t readers() const { return world_.reader_count(); }
  Census census() { return take_census(world_); }
  Roster roster() const { return take_roster(world_); }
  // Of the readers that were asked for, what each can do about a publish of what it mounts; as of
  // now.
  std::vector<ReaderReport> capabilities() const;
  // Readers that were asked for and have not appeared: "container web", "process 12".
  std::vector<std::string> awaited() const { return world_.awaited(); }

 private:
  void on(const SessionFact& fact);
  void on(const ReadyFact& fact);
  void on(const EndFact& fact);
  void on(const VolumeFact& fact);
  void on(const VolumeGoneFact& fact);
  void on(const ContainerFact& fact);
  void on(const ContainerGoneFact& fact);
  void on(const ProcessFact& fact);
  void on(const PublishFact& fact);
  void on(const WatchFact& fact) { world_.learn(fact); }
  void on(const HeldFact& fact) { world_.learn(fact); }
  void on(const ProgramFact& fact) { world_.learn(fact); }
  void on(const InspectedFact& fact);
  void on(const OpenFailedFact& fact);
  void on(const PollFact& fact);
  void on(const WatchFailedFact& fact);
  void on(const LossFact& fact);
  void on(const ShedFact& fact);
  void on(const OpenEvent& event);
  void on(const WriteOpenEvent& event);
  void on(const ReadEvent& event);
  void on(const MapEvent& event);
  void on(const WatchAddEvent& event);
  void on(const WatchRemoveEvent& event);
  void on(const NotifyEvent& event);
  void on(const ForkEvent& event);
  void on(const ExecEvent& event);
  void on(const ExitEvent& event);
  void on(const SignalEvent& event);
  void on(const HttpEvent& event);
  void on(const FanotifyMarkEvent& event);
  void on(const FanotifyEvent& event);
  // The node turns these into facts.
  void on(const OpenFailedEvent&) {}
  void on(const RenameEvent&) {}
  void on(const SymlinkEvent&) {}
  void on(const WriteClosedEvent&) {}
  void on(const PollEvent&) {}
  void on(const WatchFailedEvent&) {}
  void on(const CgroupCreatedEvent&) {}
  void on(const CgroupRemovedEvent&) {}
  void on(const MountEvent&) {}

  // A reader appeared (--events): what it can do about a publish of each volume that it mounts.
  void introduce(const Reader& reader, Timestamp at) const;

  // The use of the file, when the process is an application process of a reader; null otherwise
  // (observers are noted, publishers passed over).
  FileUse* touch(const Origin& origin, const FileRef& file, const std::string& path, Usage*& usage);

  // The reader is known to use this file from now on.
  void note_use(Usage& usage, const FileUse& use);

  // The process took an event about this volume from its queue. Null when it is no reader of it.
  Usage* hear(Process& process, VolumeId id, Notice notice);

  // The process was asked to reload; null when it is of no reader.
  static Request* note(Process& process, Request request);

  // Says that it was published; `asked` = readers whose verdict will follow.
  void announce(const Volume& volume, const Publish& publish, std::size_t asked);
  void begin(Usage& usage, const std::shared_ptr<const Publish>& publish);
  // Says the good news if the last missing byte was read.
  void settle(Usage& usage, Timestamp now);
  void judge_due();
  // Processes outside containers that ended unseen: their pid was used again.
  void close_ghosts();
  // Adds to `asked` the processes that have to be looked at first.
  void examine(Usage& usage, Timestamp now, std::vector<std::uint32_t>& asked);
  // What makes an accusation impossible; null when nothing does.
  std::optional<Diagnosis> doubt(const Usage& usage, const Standing& standing) const;
  // In the order of their deadlines, up to the first that still waits: live all are asked about at
  // once, in a replay the answers come one by one, and both must say the same.
  void conclude_answered(Timestamp now);
  // The deadline has come and the reader's processes were looked at.
  void conclude(Usage& usage, Timestamp now);
  // Publishes from before the trace began.
  void look_for_missed(Timestamp now);
  void begin_missed(Volume& volume, Timestamp now);
  void conclude_missed(Usage& usage, Timestamp now);
  // Ends an undecided judgement with a verdict that accuses nobody.
  void close(Usage& usage, Verdict verdict, std::string evidence, Timestamp now);
  void close_all(Reader& reader, Verdict verdict, const std::string& evidence, Timestamp now);
  // It ended, and is a reader no more.
  void end(Reader& reader, const std::string& evidence, Timestamp at);
  void exited_early(const EarlyEnds::End& end, const std::shared_ptr<const Publish>& publish);
  void give(Usage& usage,
            Verdict verdict,
            Diagnosis diagnosis,
            Timestamp now,
            const FileUse* deciding = nullptr);

  // Without its cause if that rests on something not having happened that a missing hook would have
  // shown.
  Diagnosis sobered(Diagnosis diagnosis) const;
  // Events were lost in the reader's time.
  bool was_blinded(const Reader& reader) const;
  // A sentence when that can make it seem to use, or to have read, what it did not.
  std::string hides_what_it_uses(const Usage& usage, const Standing& standing) const;
  // Nobody knows whether it was injected with exec: a loss may have hidden how it began.
  bool may_be_observer(const Process& process) const;
  bool hook_missing(std::string_view name) const;
  // A sentence when what happened in between cannot be known in full.
  std::string blind_since(Timestamp from) const;
  bool degraded_since(Timestamp from) const;

  EngineOptions options_;
  Say say_;
  Inspect inspect_;
  World world_;
  EarlyEnds early_ends_;
  Timestamp now_;
  static constexpr Timestamp kNoDeadline{~std::uint64_t{0}};
  Timestamp next_deadline_ = kNoDeadline;
  bool judging_ = false;  // the host answers at once, so that observe() is called in advance_to()
  bool ready_ = false;    // what existed before the trace has been told
  SessionFact session_;
  std::deque<LossFact> losses_;  // of the latest time
  Timestamp hidden_until_;       // the latest of all losses that can hide what a reader did
  std::map<std::string, std::uint64_t> lost_totals_;
  std::map<std::string, std::uint64_t> verdict_totals_;
};

}  // namespace reloadtrace
