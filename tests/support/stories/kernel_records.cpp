// SPDX-License-Identifier: Apache-2.0
#include "tests/support/stories/kernel_records.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "bpf/events.h"

namespace reloadtrace::testing {
namespace {

template <std::size_t N>
void put_text(char (&field)[N], std::string_view text) {
  std::memcpy(field, text.data(), std::min(text.size(), N - 1));
}

reloadtrace_file to_file(const FileRef& file) {
  reloadtrace_file out{};
  out.volume_ino = file.volume_ino;
  out.generation_ino = file.generation_ino;
  out.ino = file.ino;
  out.size = file.size;
  out.dev = file.dev;
  out.mode = file.mode;
  out.flags = static_cast<__u16>((file.writer_present ? RELOADTRACE_FILE_WRITER : 0) |
                                 (file.unlinked ? RELOADTRACE_FILE_UNLINKED : 0) |
                                 (file.writable ? RELOADTRACE_FILE_WRITABLE : 0));
  return out;
}

// Names are stored leaf first.
reloadtrace_tree to_tree(std::string_view path) {
  reloadtrace_tree tree{};
  while (!path.empty()) {
    const auto slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (tree.len + name.size() + 1 > sizeof tree.names) {
      tree.truncated = 1;
      break;
    }
    std::memcpy(tree.names + tree.len, name.data(), name.size());
    tree.len = static_cast<__u16>(tree.len + name.size() + 1);
    ++tree.components;
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  }
  return tree;
}

template <typename Record>
std::vector<std::byte> finish(Record record, const Origin& origin, reloadtrace_event_kind kind) {
  record.header.ts_ns = origin.at.ns;
  record.header.start_ns = origin.started.ns;
  record.header.cgroup_id = origin.cgroup_id;
  record.header.tgid = origin.tgid;
  record.header.tid = origin.tid;
  record.header.kind = static_cast<__u16>(kind);
  record.header.size = sizeof record;
  put_text(record.header.comm, origin.comm);
  std::vector<std::byte> bytes(sizeof record);
  std::memcpy(bytes.data(), &record, sizeof record);
  return bytes;
}

template <typename Open>
std::vector<std::byte> open_record(const Open& event, reloadtrace_event_kind kind) {
  reloadtrace_open_event record{};
  record.file = to_file(event.file);
  record.tree = to_tree(event.path);
  record.fd = event.fd;
  record.open_flags = event.flags;
  return finish(record, event.origin, kind);
}

std::vector<std::byte> to_record(const OpenEvent& event) {
  return open_record(event, RELOADTRACE_EV_OPEN);
}

std::vector<std::byte> to_record(const WriteOpenEvent& event) {
  return open_record(event, RELOADTRACE_EV_WRITE_OPEN);
}

std::vector<std::byte> to_record(const ReadEvent& event) {
  reloadtrace_read_event record{};
  record.file = to_file(event.file);
  record.offset = event.offset;
  record.count = event.count;
  record.fd = event.fd;
  return finish(record, event.origin, RELOADTRACE_EV_READ);
}

std::vector<std::byte> to_record(const MapEvent& event) {
  reloadtrace_map_event record{};
  record.file = to_file(event.file);
  record.tree = to_tree(event.path);
  record.length = event.length;
  record.offset = event.offset;
  record.fd = event.fd;
  return finish(record, event.origin, RELOADTRACE_EV_MAP);
}

std::vector<std::byte> to_record(const OpenFailedEvent& event) {
  reloadtrace_open_failed_event record{};
  record.error = event.error;
  record.uid = event.uid;
  record.dfd = event.dfd;
  put_text(record.path, event.path);
  return finish(record, event.origin, RELOADTRACE_EV_OPEN_FAILED);
}

std::vector<std::byte> to_record(const RenameEvent& event) {
  reloadtrace_rename_event record{};
  record.base_ino = event.base.ino;
  record.base_dev = event.base.dev;
  record.base_volume_ino = event.base_volume.ino;
  record.new_truncated = event.truncated ? 1 : 0;
  put_text(record.old_path, event.old_path);
  put_text(record.new_path, event.new_path);
  return finish(record, event.origin, RELOADTRACE_EV_RENAME);
}

std::vector<std::byte> to_record(const SymlinkEvent& event) {
  reloadtrace_symlink_event record{};
  put_text(record.target, event.target);
  put_text(record.link_path, event.link_path);
  return finish(record, event.origin, RELOADTRACE_EV_SYMLINK);
}

std::vector<std::byte> to_record(const WriteClosedEvent& event) {
  reloadtrace_write_closed_event record{};
  record.file = to_file(event.file);
  record.tree = to_tree(event.path);
  return finish(record, event.origin, RELOADTRACE_EV_WRITE_CLOSED);
}

std::vector<std::byte> to_record(const WatchAddEvent& event) {
  reloadtrace_watch_add_event record{};
  record.target = to_file(event.target);
  record.tree = to_tree(event.path);
  record.fd = event.fd;
  record.wd = event.wd;
  record.mask = event.mask;
  return finish(record, event.origin, RELOADTRACE_EV_WATCH_ADD);
}

std::vector<std::byte> to_record(const WatchRemoveEvent& event) {
  reloadtrace_watch_remove_event record{};
  record.fd = event.fd;
  record.wd = event.wd;
  return finish(record, event.origin, RELOADTRACE_EV_WATCH_REMOVE);
}

std::vector<std::byte> to_record(const NotifyEvent& event) {
  reloadtrace_notify_event record{};
  record.fd = event.fd;
  record.wd = event.wd;
  record.mask = event.mask;
  put_text(record.name, event.name);
  return finish(record, event.origin, RELOADTRACE_EV_NOTIFY);
}

std::vector<std::byte> to_record(const ForkEvent& event) {
  reloadtrace_fork_event record{};
  record.child_tgid = event.child;
  record.child_start_ns = event.child_started.ns;
  return finish(record, event.origin, RELOADTRACE_EV_FORK);
}

std::vector<std::byte> to_record(const ExecEvent& event) {
  reloadtrace_exec_event record{};
  record.parent_tgid = event.parent;
  record.namespace_pid = event.namespace_pid;
  record.pid_namespace = event.pid_namespace;
  record.parent_namespace = event.parent_namespace;
  return finish(record, event.origin, RELOADTRACE_EV_EXEC);
}

std::vector<std::byte> to_record(const ExitEvent& event) {
  reloadtrace_exit_event record{};
  record.exit_code = event.exit_code;
  return finish(record, event.origin, RELOADTRACE_EV_EXIT);
}

std::vector<std::byte> to_record(const PollEvent& event) {
  reloadtrace_poll_event record{};
  record.first_ns = event.first.ns;
  record.latest_ns = event.latest.ns;
  record.count = event.count;
  record.call = static_cast<__u32>(event.call);
  record.error = event.error;
  record.dfd = event.dfd;
  put_text(record.path, event.path);
  return finish(record, event.origin, RELOADTRACE_EV_POLL);
}

std::vector<std::byte> to_record(const SignalEvent& event) {
  reloadtrace_signal_event record{};
  record.target_start_ns = event.target_started.ns;
  record.target_cgroup_id = event.target_cgroup;
  record.target_tgid = event.target;
  record.target_pid = event.target_pid;
  record.signal = event.signal;
  record.handling = static_cast<__u32>(event.handling);
  record.outcome = static_cast<__u32>(event.outcome);
  record.error = event.error;
  put_text(record.target_comm, event.target_comm);
  return finish(record, event.origin, RELOADTRACE_EV_SIGNAL);
}

std::vector<std::byte> to_record(const HttpEvent& event) {
  reloadtrace_http_event record{};
  record.request_ns = event.requested.ns;
  record.socket_ino = event.socket_ino;
  record.status = event.status;
  record.fd = event.fd;
  put_text(record.line, event.line);
  return finish(record, event.origin,
                event.status == 0 ? RELOADTRACE_EV_HTTP_REQUEST : RELOADTRACE_EV_HTTP_RESPONSE);
}

std::vector<std::byte> to_record(const WatchFailedEvent& event) {
  reloadtrace_watch_failed_event record{};
  record.call = static_cast<__u32>(event.call);
  record.error = event.error;
  record.uid = event.uid;
  record.mask = event.mask;
  record.dfd = event.dfd;
  put_text(record.path, event.path);
  return finish(record, event.origin, RELOADTRACE_EV_WATCH_FAILED);
}

std::vector<std::byte> to_record(const FanotifyMarkEvent& event) {
  reloadtrace_fanotify_mark_event record{};
  record.target = to_file(event.target);
  record.tree = to_tree(event.path);
  record.mask = event.mask;
  record.fd = event.fd;
  record.flags = event.flags;
  return finish(record, event.origin, RELOADTRACE_EV_FANOTIFY_MARK);
}

std::vector<std::byte> to_record(const FanotifyEvent& event) {
  reloadtrace_fanotify_event record{};
  record.mask = event.mask;
  record.fd = event.fd;
  put_text(record.name, event.name);
  return finish(record, event.origin, RELOADTRACE_EV_FANOTIFY);
}

std::vector<std::byte> to_record(const CgroupCreatedEvent& event) {
  reloadtrace_cgroup_created_event record{};
  record.cgroup_id = event.cgroup;
  put_text(record.path, event.path);
  return finish(record, event.origin, RELOADTRACE_EV_CGROUP_CREATED);
}

std::vector<std::byte> to_record(const CgroupRemovedEvent& event) {
  reloadtrace_cgroup_removed_event record{};
  record.cgroup_id = event.cgroup;
  return finish(record, event.origin, RELOADTRACE_EV_CGROUP_REMOVED);
}

std::vector<std::byte> to_record(const MountEvent& event) {
  reloadtrace_mount_event record{};
  record.unmounted = event.unmounted ? 1 : 0;
  put_text(record.path, event.path);
  return finish(record, event.origin, RELOADTRACE_EV_MOUNT);
}

}  // namespace

std::vector<std::byte> kernel_record(const Event& event) {
  return std::visit(
      []<class T>(const T& e) -> std::vector<std::byte> {
        if constexpr (requires { e.origin; }) {
          return to_record(e);
        } else {
          return {};
        }
      },
      event);
}

}  // namespace reloadtrace::testing
