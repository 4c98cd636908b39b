// SPDX-License-Identifier: Apache-2.0
// What the kernel reported: one struct for each kind of record in bpf/events.h, decoded.
//
// Field meanings, units and zeros are documented there; here are only their C++ shapes.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "userspace/base/result.h"
#include "userspace/base/timestamp.h"
#include "userspace/wire/fact.h"
#include "userspace/wire/identity.h"

namespace reloadtrace {

// Who did it, and when.
struct Origin {
  Timestamp at;
  Timestamp started;  // of the process, not of the thread
  std::uint64_t cgroup_id = 0;
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  std::string comm;
};

struct OpenEvent {
  Origin origin;
  FileRef file;
  std::string path;  // from the volume's root: "..2026_…/conf.d/a.yaml"; empty for the root itself
  int fd = -1;
  std::uint32_t flags = 0;
};

// An open that can write: a publisher at work.
struct WriteOpenEvent {
  Origin origin;
  FileRef file;
  std::string path;
  int fd = -1;
  std::uint32_t flags = 0;
};

struct ReadEvent {
  Origin origin;
  FileRef file;
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
  int fd = -1;
};

struct MapEvent {
  Origin origin;
  FileRef file;
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  int fd = -1;
};

struct OpenFailedEvent {
  Origin origin;
  std::string path;  // as passed
  std::uint32_t error = 0;
  std::uint32_t uid = 0;
  int dfd = -1;
};

struct RenameEvent {
  Origin origin;
  std::string old_path;
  std::string new_path;
  InodeId base;          // directory that a relative new_path starts at; {} for an absolute one
  VolumeId base_volume;  // volume which that directory lies in or is; {} if none
  bool truncated = false;
};

struct SymlinkEvent {
  Origin origin;
  std::string target;
  std::string link_path;
};

struct WriteClosedEvent {
  Origin origin;
  FileRef file;
  std::string path;
};

struct WatchAddEvent {
  Origin origin;
  FileRef target;
  std::string path;  // of the target from the volume's root; empty for the root itself
  int fd = -1;
  int wd = -1;
  std::uint32_t mask = 0;
};

struct WatchRemoveEvent {
  Origin origin;
  int fd = -1;
  int wd = -1;
};

struct NotifyEvent {
  Origin origin;
  int fd = -1;
  int wd = -1;
  std::uint32_t mask = 0;
  std::string name;
};

struct ForkEvent {
  Origin origin;  // the parent's
  std::uint32_t child = 0;
  Timestamp child_started;
};

struct ExecEvent {
  Origin origin;
  std::uint32_t parent = 0;
  std::uint32_t namespace_pid = 0;
  std::uint32_t pid_namespace = 0;
  std::uint32_t parent_namespace = 0;
};

struct ExitEvent {
  Origin origin;
  std::uint32_t exit_code = 0;
};

// Looks at one path by one process, one or many.
struct PollEvent {
  Origin origin;  // when it was reported
  Timestamp first;
  Timestamp latest;
  std::uint64_t count = 1;
  PollCall call = PollCall::Stat;
  std::uint32_t error = 0;
  int dfd = -1;
  std::string path;  // as passed
};

enum class SignalHandling : std::uint8_t { Default = 0, Ignored = 1, Handled = 2, Blocked = 3 };
enum class SignalOutcome : std::uint8_t {
  Delivered = 0,
  Dropped = 1,
  Pending = 2,
  Lost = 3,
  Refused = 4,
};

struct SignalEvent {
  Origin origin;  // the sender's
  std::uint32_t target = 0;
  Timestamp target_started;
  std::uint64_t target_cgroup = 0;
  int target_pid = 0;
  std::string target_comm;
  std::uint32_t signal = 0;
  SignalHandling handling = SignalHandling::Default;
  SignalOutcome outcome = SignalOutcome::Delivered;
  std::uint32_t error = 0;
};

struct HttpEvent {
  Origin origin;
  Timestamp requested;
  std::uint64_t socket_ino = 0;
  std::uint32_t status = 0;  // 0 = the request; else its answer
  int fd = -1;
  std::string line;  // "POST /-/reload"
};

struct WatchFailedEvent {
  Origin origin;
  WatchCall call = WatchCall::Init;
  std::uint32_t error = 0;
  std::uint32_t uid = 0;
  std::uint32_t mask = 0;
  int dfd = -1;
  std::string path;  // as passed; empty for the init calls
};

struct FanotifyMarkEvent {
  Origin origin;
  FileRef target;
  std::string path;  // of the target from the volume's root; empty for the root itself
  std::uint64_t mask = 0;
  int fd = -1;
  std::uint32_t flags = 0;
};

struct FanotifyEvent {
  Origin origin;
  std::uint64_t mask = 0;
  int fd = -1;
  std::string name;
};

// Of the hierarchy that Origin::cgroup_id is of.
struct CgroupCreatedEvent {
  Origin origin;
  std::uint64_t cgroup = 0;
  std::string path;  // from the hierarchy's root: "/kubepods/burstable/pod…/…"
};

struct CgroupRemovedEvent {
  Origin origin;
  std::uint64_t cgroup = 0;
};

// In the node's mount namespace.
struct MountEvent {
  Origin origin;
  std::string path;  // of the mount point, as passed
  bool unmounted = false;
};

// Everything the engine is fed: kernel events and what the node knows, in one order of time.
using AnyEvent = std::variant<OpenEvent,
                              WriteOpenEvent,
                              ReadEvent,
                              MapEvent,
                              OpenFailedEvent,
                              RenameEvent,
                              SymlinkEvent,
                              WriteClosedEvent,
                              WatchAddEvent,
                              WatchRemoveEvent,
                              NotifyEvent,
                              ForkEvent,
                              ExecEvent,
                              ExitEvent,
                              PollEvent,
                              SignalEvent,
                              HttpEvent,
                              WatchFailedEvent,
                              FanotifyMarkEvent,
                              FanotifyEvent,
                              CgroupCreatedEvent,
                              CgroupRemovedEvent,
                              MountEvent,
                              SessionFact,
                              VolumeFact,
                              VolumeGoneFact,
                              ContainerFact,
                              ContainerGoneFact,
                              ProcessFact,
                              PublishFact,
                              WatchFact,
                              HeldFact,
                              InspectedFact,
                              OpenFailedFact,
                              PollFact,
                              WatchFailedFact,
                              ProgramFact,
                              LossFact,
                              ShedFact,
                              ReadyFact,
                              EndFact>;

template <class T, class... Alternatives>
constexpr bool is_one_of(const std::variant<Alternatives...>*) {
  return (std::same_as<T, Alternatives> || ...);
}

template <class T>
concept KindOfEvent = is_one_of<T>(static_cast<const AnyEvent*>(nullptr));

// Compiled once, in event.cpp: what a variant of so many kinds needs to be made, copied and ended
// was most of the code of whoever uses it.
struct Event : AnyEvent {
  Event();
  template <KindOfEvent T>
  Event(T one);
  Event(const Event& other);
  Event(Event&& other) noexcept;
  Event& operator=(const Event& other);
  Event& operator=(Event&& other) noexcept;
  ~Event();
};

// When it happened, for ordering.
Timestamp time_of(const Event& event);

// The origin of a kernel event; null for a fact.
const Origin* origin_of(const Event& event);

// Decodes one kernel record. The bytes are untrusted: they may come from a recording somebody sent.
Result<Event> decode(std::span<const std::byte> record);

}  // namespace reloadtrace
