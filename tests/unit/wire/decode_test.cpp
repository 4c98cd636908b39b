// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "bpf/events.h"
#include "userspace/wire/event.h"
#include "userspace/wire/record.h"

namespace reloadtrace {
namespace {

template <typename Record>
Record make(std::uint16_t kind) {
  Record record{};
  record.header.ts_ns = 100;
  record.header.start_ns = 50;
  record.header.cgroup_id = 7;
  record.header.tgid = 10;
  record.header.tid = 11;
  record.header.kind = kind;
  record.header.size = sizeof record;
  std::strcpy(record.header.comm, "java");
  return record;
}

template <typename Record>
std::span<const std::byte> bytes_of(const Record& record) {
  return std::as_bytes(std::span(&record, 1));
}

void set_names(reloadtrace_tree& tree, std::string_view names) {
  std::memcpy(tree.names, names.data(), names.size());
  tree.len = static_cast<std::uint16_t>(names.size());
}

using namespace std::string_view_literals;

TEST(Decode, gives_every_field_of_an_open) {
  auto record = make<reloadtrace_open_event>(RELOADTRACE_EV_OPEN);
  record.file = {.volume_ino = 1,
                 .generation_ino = 2,
                 .ino = 3,
                 .size = 4,
                 .dev = 5,
                 .mode = 0100644,
                 .flags = RELOADTRACE_FILE_UNLINKED | RELOADTRACE_FILE_WRITER};
  set_names(record.tree, "a.yaml\0conf.d\0..one\0"sv);
  record.fd = 6;
  record.open_flags = 8;
  const auto event = decode(bytes_of(record));
  ASSERT_TRUE(event);
  const auto& open = std::get<OpenEvent>(*event);
  EXPECT_EQ(open.origin.at.ns, 100U);
  EXPECT_EQ(open.origin.started.ns, 50U);
  EXPECT_EQ(open.origin.cgroup_id, 7U);
  EXPECT_EQ(open.origin.tgid, 10U);
  EXPECT_EQ(open.origin.tid, 11U);
  EXPECT_EQ(open.origin.comm, "java");
  EXPECT_EQ(open.file.volume(), (VolumeId{5, 1}));
  EXPECT_EQ(open.file.generation(), (InodeId{5, 2}));
  EXPECT_EQ(open.file.inode(), (InodeId{5, 3}));
  EXPECT_EQ(open.file.size, 4U);
  EXPECT_EQ(open.file.mode, 0100644);
  EXPECT_TRUE(open.file.writer_present);
  EXPECT_TRUE(open.file.unlinked);
  EXPECT_FALSE(open.file.writable);
  EXPECT_EQ(open.path, "..one/conf.d/a.yaml");
  EXPECT_EQ(open.fd, 6);
  EXPECT_EQ(open.flags, 8U);
  EXPECT_EQ(time_of(*event).ns, 100U);
  EXPECT_EQ(origin_of(*event), &open.origin);
}

TEST(Decode, tells_an_open_for_writing_from_one_for_reading) {
  const auto record = make<reloadtrace_open_event>(RELOADTRACE_EV_WRITE_OPEN);
  const auto event = decode(bytes_of(record));
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::holds_alternative<WriteOpenEvent>(*event));
  EXPECT_EQ(std::get<WriteOpenEvent>(*event).path, "");
}

TEST(Decode, gives_a_read_and_a_map) {
  auto read = make<reloadtrace_read_event>(RELOADTRACE_EV_READ);
  read.offset = 6;
  read.count = 0;
  read.fd = 3;
  const auto one = decode(bytes_of(read));
  ASSERT_TRUE(one);
  EXPECT_EQ(std::get<ReadEvent>(*one).offset, 6U);
  EXPECT_EQ(std::get<ReadEvent>(*one).count, 0U);
  EXPECT_EQ(std::get<ReadEvent>(*one).fd, 3);

  auto map = make<reloadtrace_map_event>(RELOADTRACE_EV_MAP);
  map.offset = 4096;
  map.length = 100;
  set_names(map.tree, "a\0"sv);
  const auto two = decode(bytes_of(map));
  ASSERT_TRUE(two);
  EXPECT_EQ(std::get<MapEvent>(*two).offset, 4096U);
  EXPECT_EQ(std::get<MapEvent>(*two).length, 100U);
  EXPECT_EQ(std::get<MapEvent>(*two).path, "a");
}

TEST(Decode, has_no_base_volume_for_a_rename_outside_of_volumes) {
  auto record = make<reloadtrace_rename_event>(RELOADTRACE_EV_RENAME);
  std::strcpy(record.old_path, "..data_tmp");
  std::strcpy(record.new_path, "..data");
  record.base_ino = 4;
  record.base_dev = 5;
  record.new_truncated = 1;
  auto event = decode(bytes_of(record));
  ASSERT_TRUE(event);
  const auto& rename = std::get<RenameEvent>(*event);
  EXPECT_EQ(rename.old_path, "..data_tmp");
  EXPECT_EQ(rename.new_path, "..data");
  EXPECT_EQ(rename.base, (InodeId{5, 4}));
  EXPECT_FALSE(rename.base_volume);
  EXPECT_EQ(rename.base_volume, VolumeId{});
  EXPECT_TRUE(rename.truncated);

  record.base_volume_ino = 9;
  event = decode(bytes_of(record));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<RenameEvent>(*event).base_volume, (VolumeId{5, 9}));
}

TEST(Decode, gives_the_other_kinds) {
  auto symlink = make<reloadtrace_symlink_event>(RELOADTRACE_EV_SYMLINK);
  std::strcpy(symlink.target, "..two");
  std::strcpy(symlink.link_path, "/v/..data_tmp");
  auto event = decode(bytes_of(symlink));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<SymlinkEvent>(*event).target, "..two");
  EXPECT_EQ(std::get<SymlinkEvent>(*event).link_path, "/v/..data_tmp");

  auto failed = make<reloadtrace_open_failed_event>(RELOADTRACE_EV_OPEN_FAILED);
  failed.error = 13;
  failed.uid = 1000;
  failed.dfd = -100;
  std::strcpy(failed.path, "/etc/app.yaml");
  event = decode(bytes_of(failed));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<OpenFailedEvent>(*event).path, "/etc/app.yaml");
  EXPECT_EQ(std::get<OpenFailedEvent>(*event).error, 13U);
  EXPECT_EQ(std::get<OpenFailedEvent>(*event).uid, 1000U);
  EXPECT_EQ(std::get<OpenFailedEvent>(*event).dfd, -100);

  auto closed = make<reloadtrace_write_closed_event>(RELOADTRACE_EV_WRITE_CLOSED);
  set_names(closed.tree, "conf\0"sv);
  event = decode(bytes_of(closed));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<WriteClosedEvent>(*event).path, "conf");

  auto watch = make<reloadtrace_watch_add_event>(RELOADTRACE_EV_WATCH_ADD);
  watch.wd = 2;
  watch.mask = 0x80;
  event = decode(bytes_of(watch));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<WatchAddEvent>(*event).wd, 2);
  EXPECT_EQ(std::get<WatchAddEvent>(*event).mask, 0x80U);

  auto removed = make<reloadtrace_watch_remove_event>(RELOADTRACE_EV_WATCH_REMOVE);
  removed.wd = 2;
  event = decode(bytes_of(removed));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<WatchRemoveEvent>(*event).wd, 2);

  auto notify = make<reloadtrace_notify_event>(RELOADTRACE_EV_NOTIFY);
  notify.wd = -1;
  notify.mask = 0x4000;
  event = decode(bytes_of(notify));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<NotifyEvent>(*event).wd, -1);
  EXPECT_EQ(std::get<NotifyEvent>(*event).mask, 0x4000U);

  auto fork = make<reloadtrace_fork_event>(RELOADTRACE_EV_FORK);
  fork.child_tgid = 12;
  fork.child_start_ns = 99;
  event = decode(bytes_of(fork));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<ForkEvent>(*event).child, 12U);
  EXPECT_EQ(std::get<ForkEvent>(*event).child_started.ns, 99U);

  auto exec = make<reloadtrace_exec_event>(RELOADTRACE_EV_EXEC);
  exec.parent_tgid = 1;
  exec.namespace_pid = 2;
  exec.pid_namespace = 3;
  exec.parent_namespace = 4;
  event = decode(bytes_of(exec));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<ExecEvent>(*event).parent, 1U);
  EXPECT_EQ(std::get<ExecEvent>(*event).namespace_pid, 2U);
  EXPECT_EQ(std::get<ExecEvent>(*event).pid_namespace, 3U);
  EXPECT_EQ(std::get<ExecEvent>(*event).parent_namespace, 4U);

  auto exit = make<reloadtrace_exit_event>(RELOADTRACE_EV_EXIT);
  exit.exit_code = 256;
  event = decode(bytes_of(exit));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<ExitEvent>(*event).exit_code, 256U);
}

TEST(Decode, gives_the_notices) {
  auto poll = make<reloadtrace_poll_event>(RELOADTRACE_EV_POLL);
  poll.first_ns = 5;
  poll.count = 1000;
  poll.call = RELOADTRACE_POLL_READLINK;
  poll.error = 2;
  poll.dfd = -100;
  std::strcpy(poll.path, "/etc/config/..data");
  auto event = decode(bytes_of(poll));
  ASSERT_TRUE(event);
  const auto& looked = std::get<PollEvent>(*event);
  EXPECT_EQ(looked.first.ns, 5U);
  EXPECT_EQ(looked.count, 1000U);
  EXPECT_EQ(looked.call, PollCall::Readlink);
  EXPECT_EQ(looked.error, 2U);
  EXPECT_EQ(looked.dfd, -100);
  EXPECT_EQ(looked.path, "/etc/config/..data");

  auto signal = make<reloadtrace_signal_event>(RELOADTRACE_EV_SIGNAL);
  signal.target_tgid = 7;
  signal.target_start_ns = 8;
  signal.target_cgroup_id = 9;
  signal.target_pid = 1;
  signal.signal = 10;
  signal.handling = RELOADTRACE_SIGNAL_HANDLED;
  signal.outcome = RELOADTRACE_SIGNAL_PENDING;
  std::strcpy(signal.target_comm, "nginx");
  event = decode(bytes_of(signal));
  ASSERT_TRUE(event);
  const auto& sent = std::get<SignalEvent>(*event);
  EXPECT_EQ(sent.target, 7U);
  EXPECT_EQ(sent.target_started.ns, 8U);
  EXPECT_EQ(sent.target_cgroup, 9U);
  EXPECT_EQ(sent.target_pid, 1);
  EXPECT_EQ(sent.signal, 10U);
  EXPECT_EQ(sent.handling, SignalHandling::Handled);
  EXPECT_EQ(sent.outcome, SignalOutcome::Pending);
  EXPECT_EQ(sent.target_comm, "nginx");

  auto http = make<reloadtrace_http_event>(RELOADTRACE_EV_HTTP_RESPONSE);
  http.request_ns = 11;
  http.socket_ino = 12;
  http.status = 403;
  std::strcpy(http.line, "POST /-/reload");
  event = decode(bytes_of(http));
  ASSERT_TRUE(event);
  const auto& answered = std::get<HttpEvent>(*event);
  EXPECT_EQ(answered.requested.ns, 11U);
  EXPECT_EQ(answered.socket_ino, 12U);
  EXPECT_EQ(answered.status, 403U);
  EXPECT_EQ(answered.line, "POST /-/reload");

  auto failed = make<reloadtrace_watch_failed_event>(RELOADTRACE_EV_WATCH_FAILED);
  failed.call = RELOADTRACE_WATCH_ADD;
  failed.error = 28;
  failed.uid = 1000;
  std::strcpy(failed.path, "/etc/config");
  event = decode(bytes_of(failed));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<WatchFailedEvent>(*event).call, WatchCall::Add);
  EXPECT_EQ(std::get<WatchFailedEvent>(*event).error, 28U);
  EXPECT_EQ(std::get<WatchFailedEvent>(*event).uid, 1000U);
  EXPECT_EQ(std::get<WatchFailedEvent>(*event).path, "/etc/config");
}

TEST(Decode, gives_what_announces_containers_and_volumes) {
  auto created = make<reloadtrace_cgroup_created_event>(RELOADTRACE_EV_CGROUP_CREATED);
  created.cgroup_id = 77;
  std::strcpy(created.path, "/kubepods/pod1/c0ffee");
  auto event = decode(bytes_of(created));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<CgroupCreatedEvent>(*event).cgroup, 77U);
  EXPECT_EQ(std::get<CgroupCreatedEvent>(*event).path, "/kubepods/pod1/c0ffee");
  EXPECT_EQ(std::get<CgroupCreatedEvent>(*event).origin.tgid, 10U);
  auto removed = make<reloadtrace_cgroup_removed_event>(RELOADTRACE_EV_CGROUP_REMOVED);
  removed.cgroup_id = 77;
  event = decode(bytes_of(removed));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<CgroupRemovedEvent>(*event).cgroup, 77U);
  auto mount = make<reloadtrace_mount_event>(RELOADTRACE_EV_MOUNT);
  std::strcpy(mount.path, "/var/lib/kubelet/pods/1/volumes/secret");
  event = decode(bytes_of(mount));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<MountEvent>(*event).path, "/var/lib/kubelet/pods/1/volumes/secret");
  EXPECT_FALSE(std::get<MountEvent>(*event).unmounted);
  mount.unmounted = 1;
  event = decode(bytes_of(mount));
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::get<MountEvent>(*event).unmounted);
}

TEST(Decode, refuses_numbers_that_have_no_word) {
  auto poll = make<reloadtrace_poll_event>(RELOADTRACE_EV_POLL);
  EXPECT_FALSE(decode(bytes_of(poll)));  // call 0
  auto signal = make<reloadtrace_signal_event>(RELOADTRACE_EV_SIGNAL);
  signal.outcome = 5;
  EXPECT_FALSE(decode(bytes_of(signal)));
  auto failed = make<reloadtrace_watch_failed_event>(RELOADTRACE_EV_WATCH_FAILED);
  failed.call = 99;
  EXPECT_FALSE(decode(bytes_of(failed)));
}

TEST(Decode, takes_a_record_that_a_later_version_made_longer) {
  struct Longer {
    reloadtrace_exit_event exit;
    std::uint64_t more;
  } longer{make<reloadtrace_exit_event>(RELOADTRACE_EV_EXIT), 1};
  longer.exit.header.size = sizeof longer;
  EXPECT_TRUE(decode(bytes_of(longer)));
}

TEST(Decode, refuses_a_record_at_each_length_that_is_too_short) {
  const auto record = make<reloadtrace_open_event>(RELOADTRACE_EV_OPEN);
  for (std::size_t length = 0; length < sizeof record; ++length) {
    // A copy of that length, so that a sanitizer sees a read beyond it.
    const auto all = bytes_of(record);
    const std::vector<std::byte> cut(all.begin(),
                                     all.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(decode(cut)) << length;
  }
}

TEST(Decode, refuses_a_record_that_says_it_is_shorter_than_its_kind) {
  auto record = make<reloadtrace_open_event>(RELOADTRACE_EV_OPEN);
  record.header.size = sizeof(reloadtrace_header);
  EXPECT_FALSE(decode(bytes_of(record)));
}

TEST(Decode, refuses_kinds_it_does_not_know) {
  for (const int kind : {0, 25, 65535}) {
    auto record = make<reloadtrace_exit_event>(static_cast<std::uint16_t>(kind));
    const auto event = decode(bytes_of(record));
    ASSERT_FALSE(event);
    EXPECT_NE(event.error().message.find(std::to_string(kind)), std::string::npos);
  }
}

TEST(Decode, refuses_names_longer_than_their_field_or_without_an_end) {
  auto record = make<reloadtrace_open_event>(RELOADTRACE_EV_OPEN);
  record.tree.len = RELOADTRACE_TREE_LEN + 1;
  EXPECT_FALSE(decode(bytes_of(record)));
  record.tree.len = 65535;
  EXPECT_FALSE(decode(bytes_of(record)));
  set_names(record.tree, "app.yaml"sv);
  EXPECT_FALSE(decode(bytes_of(record)));
}

TEST(Decode, ends_strings_where_their_fields_end) {
  auto record = make<reloadtrace_notify_event>(RELOADTRACE_EV_NOTIFY);
  std::memset(record.name, 'n', sizeof record.name);
  std::memset(record.header.comm, 'c', sizeof record.header.comm);
  const auto event = decode(bytes_of(record));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<NotifyEvent>(*event).name, std::string(RELOADTRACE_NAME_LEN, 'n'));
  EXPECT_EQ(origin_of(*event)->comm, std::string(RELOADTRACE_COMM_LEN, 'c'));
}

TEST(TimeOf, covers_facts_which_have_no_origin) {
  const Event event = ReadyFact{{7}};
  EXPECT_EQ(time_of(event).ns, 7U);
  EXPECT_EQ(origin_of(event), nullptr);
}

TEST(TimeOf, of_a_loss_is_its_beginning) {
  EXPECT_EQ(time_of(LossFact{.at = {7}, .since = {5}, .lost = {}}).ns, 5U);
}

TEST(TimeOfRecord, is_zero_without_a_header) {
  const auto record = make<reloadtrace_exit_event>(RELOADTRACE_EV_EXIT);
  EXPECT_EQ(time_of_record(bytes_of(record)).ns, 100U);
  EXPECT_EQ(time_of_record(bytes_of(record).first(8)).ns, 0U);
}

TEST(Counters, add_up_over_cpus_by_cause) {
  reloadtrace_stats stats{};
  stats.lost[RELOADTRACE_LOSS_FACTS_RING_FULL] = 2;
  stats.lost[RELOADTRACE_LOSS_TRUNCATED] = 3;
  LossTotals totals{};
  add_counters(bytes_of(stats), totals);
  add_counters(bytes_of(stats), totals);
  EXPECT_EQ(totals[static_cast<std::size_t>(LossCause::FactsRingFull)], 4U);
  EXPECT_EQ(totals[static_cast<std::size_t>(LossCause::Truncated)], 6U);
  EXPECT_EQ(size_of_counters(), sizeof stats);
}

}  // namespace
}  // namespace reloadtrace
