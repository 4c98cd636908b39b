// SPDX-License-Identifier: Apache-2.0
// From the bytes of one kernel record to an Event. Nothing in them is believed: sizes are checked,
// and strings end at the latest where their field does.
#include <fmt/format.h>

#include <cstring>
#include <string_view>
#include <type_traits>

#include "bpf/events.h"
#include "userspace/wire/event.h"
#include "userspace/wire/record.h"

namespace reloadtrace {
namespace {

Error malformed(std::string message) {
  return Error{std::make_error_code(std::errc::bad_message), std::move(message)};
}

// A field that holds a string: up to its first NUL, or all of it.
template <std::size_t N>
std::string text(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

Origin to_origin(const reloadtrace_header& header) {
  return {.at = {header.ts_ns},
          .started = {header.start_ns},
          .cgroup_id = header.cgroup_id,
          .tgid = header.tgid,
          .tid = header.tid,
          .comm = text(header.comm)};
}

FileRef to_file(const reloadtrace_file& file) {
  return {.dev = file.dev,
          .volume_ino = file.volume_ino,
          .generation_ino = file.generation_ino,
          .ino = file.ino,
          .size = file.size,
          .mode = file.mode,
          .writer_present = (file.flags & RELOADTRACE_FILE_WRITER) != 0,
          .unlinked = (file.flags & RELOADTRACE_FILE_UNLINKED) != 0,
          .writable = (file.flags & RELOADTRACE_FILE_WRITABLE) != 0};
}

// The names are stored leaf first; a path reads the other way round.
Result<std::string> to_path(const reloadtrace_tree& tree) {
  if (tree.len > sizeof(tree.names)) {
    return malformed(
        fmt::format("names of {} bytes in a field of {}", tree.len, sizeof(tree.names)));
  }
  std::string_view names(tree.names, tree.len);
  if (!names.empty() && names.back() != '\0') {
    return malformed("names without an end");
  }
  std::string path;
  path.reserve(names.size());
  while (!names.empty()) {
    names.remove_suffix(1);
    const auto nul = names.rfind('\0');
    const auto begin = nul == std::string_view::npos ? 0 : nul + 1;
    if (!path.empty()) {
      path += '/';
    }
    path += names.substr(begin);
    names = names.substr(0, begin);
  }
  return path;
}

Result<Event> to_event(const reloadtrace_open_event& r) {
  auto path = to_path(r.tree);
  if (!path) {
    return std::move(path).error();
  }
  if (r.header.kind == RELOADTRACE_EV_WRITE_OPEN) {
    return Event(
        WriteOpenEvent{to_origin(r.header), to_file(r.file), *std::move(path), r.fd, r.open_flags});
  }
  return Event(
      OpenEvent{to_origin(r.header), to_file(r.file), *std::move(path), r.fd, r.open_flags});
}

Result<Event> to_event(const reloadtrace_read_event& r) {
  return Event(ReadEvent{to_origin(r.header), to_file(r.file), r.offset, r.count, r.fd});
}

Result<Event> to_event(const reloadtrace_map_event& r) {
  auto path = to_path(r.tree);
  if (!path) {
    return std::move(path).error();
  }
  return Event(
      MapEvent{to_origin(r.header), to_file(r.file), *std::move(path), r.offset, r.length, r.fd});
}

Result<Event> to_event(const reloadtrace_open_failed_event& r) {
  return Event(OpenFailedEvent{to_origin(r.header), text(r.path), r.error, r.uid, r.dfd});
}

Result<Event> to_event(const reloadtrace_rename_event& r) {
  // Without a volume the id is empty, though the directory's device is known.
  const VolumeId volume =
      r.base_volume_ino != 0 ? VolumeId{r.base_dev, r.base_volume_ino} : VolumeId{};
  return Event(RenameEvent{to_origin(r.header), text(r.old_path), text(r.new_path),
                           InodeId{r.base_dev, r.base_ino}, volume,
                           r.old_truncated != 0 || r.new_truncated != 0});
}

Result<Event> to_event(const reloadtrace_symlink_event& r) {
  return Event(SymlinkEvent{to_origin(r.header), text(r.target), text(r.link_path)});
}

Result<Event> to_event(const reloadtrace_write_closed_event& r) {
  auto path = to_path(r.tree);
  if (!path) {
    return std::move(path).error();
  }
  return Event(WriteClosedEvent{to_origin(r.header), to_file(r.file), *std::move(path)});
}

Result<Event> to_event(const reloadtrace_watch_add_event& r) {
  auto path = to_path(r.tree);
  if (!path) {
    return std::move(path).error();
  }
  return Event(
      WatchAddEvent{to_origin(r.header), to_file(r.target), *std::move(path), r.fd, r.wd, r.mask});
}

Result<Event> to_event(const reloadtrace_watch_remove_event& r) {
  return Event(WatchRemoveEvent{to_origin(r.header), r.fd, r.wd});
}

Result<Event> to_event(const reloadtrace_notify_event& r) {
  return Event(NotifyEvent{to_origin(r.header), r.fd, r.wd, r.mask, text(r.name)});
}

Result<Event> to_event(const reloadtrace_fork_event& r) {
  return Event(ForkEvent{to_origin(r.header), r.child_tgid, Timestamp{r.child_start_ns}});
}

Result<Event> to_event(const reloadtrace_exec_event& r) {
  return Event(ExecEvent{to_origin(r.header), r.parent_tgid, r.namespace_pid, r.pid_namespace,
                         r.parent_namespace});
}

Result<Event> to_event(const reloadtrace_exit_event& r) {
  return Event(ExitEvent{to_origin(r.header), r.exit_code});
}

Result<Event> to_event(const reloadtrace_poll_event& r) {
  if (r.call < RELOADTRACE_POLL_STAT || r.call > RELOADTRACE_POLL_ACCESS) {
    return malformed(fmt::format("poll by unknown call {}", r.call));
  }
  return Event(PollEvent{to_origin(r.header), Timestamp{r.first_ns}, Timestamp{r.latest_ns},
                         r.count, static_cast<PollCall>(r.call), r.error, r.dfd, text(r.path)});
}

Result<Event> to_event(const reloadtrace_signal_event& r) {
  if (r.handling > RELOADTRACE_SIGNAL_BLOCKED || r.outcome > RELOADTRACE_SIGNAL_REFUSED) {
    return malformed(fmt::format("signal with handling {}, outcome {}", r.handling, r.outcome));
  }
  return Event(SignalEvent{to_origin(r.header), r.target_tgid, Timestamp{r.target_start_ns},
                           r.target_cgroup_id, r.target_pid, text(r.target_comm), r.signal,
                           static_cast<SignalHandling>(r.handling),
                           static_cast<SignalOutcome>(r.outcome), r.error});
}

Result<Event> to_event(const reloadtrace_http_event& r) {
  return Event(HttpEvent{to_origin(r.header), Timestamp{r.request_ns}, r.socket_ino, r.status, r.fd,
                         text(r.line)});
}

Result<Event> to_event(const reloadtrace_watch_failed_event& r) {
  if (r.call < RELOADTRACE_WATCH_INIT || r.call > RELOADTRACE_WATCH_FANOTIFY_MARK) {
    return malformed(fmt::format("watch failed in unknown call {}", r.call));
  }
  return Event(WatchFailedEvent{to_origin(r.header), static_cast<WatchCall>(r.call), r.error, r.uid,
                                r.mask, r.dfd, text(r.path)});
}

Result<Event> to_event(const reloadtrace_fanotify_mark_event& r) {
  auto path = to_path(r.tree);
  if (!path) {
    return std::move(path).error();
  }
  return Event(FanotifyMarkEvent{to_origin(r.header), to_file(r.target), *std::move(path), r.mask,
                                 r.fd, r.flags});
}

Result<Event> to_event(const reloadtrace_fanotify_event& r) {
  return Event(FanotifyEvent{to_origin(r.header), r.mask, r.fd, text(r.name)});
}

Result<Event> to_event(const reloadtrace_cgroup_created_event& r) {
  return Event(CgroupCreatedEvent{to_origin(r.header), r.cgroup_id, text(r.path)});
}

Result<Event> to_event(const reloadtrace_cgroup_removed_event& r) {
  return Event(CgroupRemovedEvent{to_origin(r.header), r.cgroup_id});
}

Result<Event> to_event(const reloadtrace_mount_event& r) {
  return Event(MountEvent{to_origin(r.header), text(r.path), r.unmounted != 0});
}

// A record may be longer than this version knows: a later one may append fields.
template <typename Record>
Result<Event> decode_as(std::span<const std::byte> bytes) {
  static_assert(std::is_trivially_copyable_v<Record>);
  if (bytes.size() < sizeof(Record)) {
    return malformed(
        fmt::format("record of {} bytes, its kind needs {}", bytes.size(), sizeof(Record)));
  }
  Record record;
  std::memcpy(&record, bytes.data(), sizeof(record));
  return to_event(record);
}

}  // namespace

Result<Event> decode(std::span<const std::byte> record) {
  reloadtrace_header header;
  if (record.size() < sizeof(header)) {
    return malformed(
        fmt::format("record of {} bytes, a header has {}", record.size(), sizeof(header)));
  }
  std::memcpy(&header, record.data(), sizeof(header));
  if (header.size > record.size()) {
    return malformed(
        fmt::format("record says it has {} bytes, {} are there", header.size, record.size()));
  }
  const auto bytes = record.first(header.size);
  switch (header.kind) {
    case RELOADTRACE_EV_OPEN:
    case RELOADTRACE_EV_WRITE_OPEN:
      return decode_as<reloadtrace_open_event>(bytes);
    case RELOADTRACE_EV_READ:
      return decode_as<reloadtrace_read_event>(bytes);
    case RELOADTRACE_EV_MAP:
      return decode_as<reloadtrace_map_event>(bytes);
    case RELOADTRACE_EV_OPEN_FAILED:
      return decode_as<reloadtrace_open_failed_event>(bytes);
    case RELOADTRACE_EV_RENAME:
      return decode_as<reloadtrace_rename_event>(bytes);
    case RELOADTRACE_EV_SYMLINK:
      return decode_as<reloadtrace_symlink_event>(bytes);
    case RELOADTRACE_EV_WRITE_CLOSED:
      return decode_as<reloadtrace_write_closed_event>(bytes);
    case RELOADTRACE_EV_WATCH_ADD:
      return decode_as<reloadtrace_watch_add_event>(bytes);
    case RELOADTRACE_EV_WATCH_REMOVE:
      return decode_as<reloadtrace_watch_remove_event>(bytes);
    case RELOADTRACE_EV_NOTIFY:
      return decode_as<reloadtrace_notify_event>(bytes);
    case RELOADTRACE_EV_FORK:
      return decode_as<reloadtrace_fork_event>(bytes);
    case RELOADTRACE_EV_EXEC:
      return decode_as<reloadtrace_exec_event>(bytes);
    case RELOADTRACE_EV_EXIT:
      return decode_as<reloadtrace_exit_event>(bytes);
    case RELOADTRACE_EV_POLL:
      return decode_as<reloadtrace_poll_event>(bytes);
    case RELOADTRACE_EV_SIGNAL:
      return decode_as<reloadtrace_signal_event>(bytes);
    case RELOADTRACE_EV_HTTP_REQUEST:
    case RELOADTRACE_EV_HTTP_RESPONSE:
      return decode_as<reloadtrace_http_event>(bytes);
    case RELOADTRACE_EV_WATCH_FAILED:
      return decode_as<reloadtrace_watch_failed_event>(bytes);
    case RELOADTRACE_EV_FANOTIFY_MARK:
      return decode_as<reloadtrace_fanotify_mark_event>(bytes);
    case RELOADTRACE_EV_FANOTIFY:
      return decode_as<reloadtrace_fanotify_event>(bytes);
    case RELOADTRACE_EV_CGROUP_CREATED:
      return decode_as<reloadtrace_cgroup_created_event>(bytes);
    case RELOADTRACE_EV_CGROUP_REMOVED:
      return decode_as<reloadtrace_cgroup_removed_event>(bytes);
    case RELOADTRACE_EV_MOUNT:
      return decode_as<reloadtrace_mount_event>(bytes);
    default:
      return malformed(fmt::format("record of unknown kind {}", header.kind));
  }
}

Timestamp time_of_record(std::span<const std::byte> record) {
  Timestamp at;
  if (record.size() >= sizeof(reloadtrace_header)) {
    std::memcpy(&at.ns, record.data() + offsetof(reloadtrace_header, ts_ns), sizeof(at.ns));
  }
  return at;
}

std::size_t size_of_counters() {
  return sizeof(reloadtrace_stats);
}

void add_counters(std::span<const std::byte> counters, LossTotals& totals) {
  static_assert(static_cast<int>(LossCause::FactsRingFull) == RELOADTRACE_LOSS_FACTS_RING_FULL + 1);
  static_assert(static_cast<int>(LossCause::Truncated) == RELOADTRACE_LOSS_TRUNCATED + 1);
  reloadtrace_stats stats;
  if (counters.size() < sizeof(stats)) {
    return;
  }
  std::memcpy(&stats, counters.data(), sizeof(stats));
  for (std::size_t i = 0; i < RELOADTRACE_LOSS_MAX; ++i) {
    // The causes between Truncated and Polls, and those after it, userspace counts itself.
    const auto cause =
        i == RELOADTRACE_LOSS_POLLS ? static_cast<std::size_t>(LossCause::Polls) : i + 1;
    totals[cause] += stats.lost[i];
  }
}

Timestamp time_of(const Event& event) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.origin; }) {
          return e.origin.at;
        } else if constexpr (requires { e.since; }) {
          return e.since;  // a loss is told before what happened in its time
        } else {
          return e.at;
        }
      },
      event);
}

const Origin* origin_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> const Origin* {
        if constexpr (requires { e.origin; }) {
          return &e.origin;
        } else {
          return nullptr;
        }
      },
      event);
}

}  // namespace reloadtrace
