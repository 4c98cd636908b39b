// SPDX-License-Identifier: Apache-2.0
// Who reads what, on the checked-in tree.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "fake_node.h"

namespace reloadtrace {

namespace {

namespace fs = std::filesystem;

const std::string kApp = "69b1345a";
const std::string kSidecar = "7a7a7a7a";
const std::string kStranger = "c0c0c0c0";
const std::string kGeneration = "..2026_11_22_16_42_20.3625471858";
const std::string kPodCgroup = "kubepods/burstable/pod480482f5-dc39-4cda-878e-3f3b840da0df/";
const std::string kAppCgroup =
    kPodCgroup + "69b1345a4e1f2105012b99eb21d49545d13ad5b718df8614db93a5e0871f2593";
const std::string kSidecarCgroup =
    kPodCgroup + "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a";

Origin origin(std::uint32_t tgid, std::uint64_t cgroup, const std::string& comm = "x") {
  return {{2'000'000'000}, {}, cgroup, tgid, tgid, comm};
}

OpenEvent open_of(const FakeNode& node, const std::string& volume, const Origin& who) {
  OpenEvent event{who, {}, "app.yaml", 3, 0};
  event.file.dev = node.inode(volume).dev;
  event.file.volume_ino = node.inode(volume).ino;
  return event;
}

// Nobody has waited for it yet: then it has no namespaces, and its mount table is empty.
void end_process(const FakeNode& node, const std::string& tgid) {
  const std::string directory = node.path("proc/" + tgid);
  std::string text = *node::read_file(directory + "/stat");
  text.replace(text.find(") S "), 4, ") Z ");
  write_file(directory + "/stat", text);
  write_file(directory + "/mountinfo", "");
  fs::remove(directory + "/ns/mnt");
}

TEST(Containers, are_those_that_mount_a_volume) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const ContainerFact* const app = node.container(kApp);
  ASSERT_NE(app, nullptr);
  EXPECT_EQ(app->pod_uid, "480482f5-dc39-4cda-878e-3f3b840da0df");
  EXPECT_EQ(app->main, 1000U);
  ASSERT_EQ(app->cgroup_ids.size(), 2U);
  EXPECT_EQ(app->cgroup_ids[0], node.cgroup(kAppCgroup));
  ASSERT_GE(app->mounts.size(), 1U);
  EXPECT_EQ(app->mounts[0].volume, node.inode("volumes/cfg"));
  EXPECT_EQ(app->mounts[0].path, "/etc/app");
  EXPECT_EQ(app->mounts[0].sub_path, "");
  EXPECT_EQ(node.container(kStranger), nullptr);
  EXPECT_EQ(node.process(1200), nullptr);
}

TEST(Containers, show_the_generation_that_a_sub_path_is_bound_to) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const ContainerFact* const app = node.container(kApp);
  ASSERT_NE(app, nullptr);
  ASSERT_EQ(app->mounts.size(), 2U);
  EXPECT_EQ(app->mounts[1].path, "/etc/subpath/app.yaml");
  EXPECT_EQ(app->mounts[1].sub_path, "app.yaml");
  EXPECT_EQ(app->mounts[1].generation, "..2026_11_19_08_14_55.77");
  const ContainerFact* const sidecar = node.container(kSidecar);
  ASSERT_NE(sidecar, nullptr);
  ASSERT_EQ(sidecar->mounts.size(), 1U);
  EXPECT_EQ(sidecar->mounts[0].sub_path, "app.yaml");
  EXPECT_EQ(sidecar->mounts[0].generation, kGeneration);
}

TEST(Containers, are_told_by_inode_not_by_text) {
  FakeNode node({"volumes/cfg"});
  fs::remove(node.path("roots/app/etc/app"));
  fs::create_directories(node.path("roots/app/etc/app"));  // another directory under that name
  node.discover();
  const ContainerFact* const app = node.container(kApp);
  ASSERT_NE(app, nullptr);
  ASSERT_EQ(app->mounts.size(), 1U);
  EXPECT_EQ(app->mounts[0].sub_path, "app.yaml");
}

TEST(Containers, scope_their_cgroups_and_leave_others_alone) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  EXPECT_TRUE(node.scope.tracked.contains(node.cgroup(kAppCgroup)));
  EXPECT_TRUE(node.scope.tracked.contains(node.cgroup(kAppCgroup + "/nested")));
  EXPECT_TRUE(node.scope.ignored.contains(node.cgroup("system.slice/kubelet.service")));
  EXPECT_EQ(node.scope.tracked.size(), 3U);
  EXPECT_TRUE(node.scope.directories.contains("cfg"));
  EXPECT_TRUE(node.scope.directories.contains("app"));
  EXPECT_TRUE(node.scope.directories.contains("conf.d"));
  EXPECT_TRUE(node.scope.files.contains("..data"));
  EXPECT_TRUE(node.scope.files.contains("app.yaml"));
}

TEST(Roles, processes_injected_with_exec_and_their_children_are_observers) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  for (const std::uint32_t tgid : {1000U, 1001U, 1100U}) {
    ASSERT_NE(node.process(tgid), nullptr) << tgid;
    EXPECT_EQ(node.process(tgid)->role, ProcessRole::Application) << tgid;
  }
  for (const std::uint32_t tgid : {1050U, 1051U}) {
    ASSERT_NE(node.process(tgid), nullptr) << tgid;
    EXPECT_EQ(node.process(tgid)->role, ProcessRole::Observer) << tgid;
  }
  EXPECT_EQ(node.process(1001)->exe, "/usr/bin/app");
  EXPECT_EQ(node.process(1001)->parent, 1000U);
  EXPECT_TRUE(node.process(1001)->started);
}

TEST(Roles, follow_exec_and_fork_events) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const std::uint64_t cgroup = node.cgroup(kAppCgroup);
  node.observe(ExecEvent{origin(2000, cgroup, "sh"), 800, 40, 4026532500, 4026531836});
  ASSERT_NE(node.process(2000), nullptr);
  EXPECT_EQ(node.process(2000)->role, ProcessRole::Observer);
  EXPECT_EQ(node.process(2000)->comm, "sh");
  node.observe(ForkEvent{origin(2000, cgroup), 2001, {3}});
  EXPECT_EQ(node.process(2001)->role, ProcessRole::Observer);
  EXPECT_EQ(node.process(2001)->started, (Timestamp{3}));
  node.observe(ForkEvent{origin(1000, cgroup), 2002, {4}});
  EXPECT_EQ(node.process(2002)->role, ProcessRole::Application);
  node.observe(ExecEvent{origin(2002, cgroup, "worker"), 1000, 41, 4026532500, 4026532500});
  EXPECT_EQ(node.process(2002)->role, ProcessRole::Application);
  EXPECT_EQ(node.process(2002)->comm, "worker");
  EXPECT_EQ(node.process(2002)->container_id, node.container(kApp)->id);
}

TEST(Roles, of_a_process_that_was_looked_at_before_its_fork_was_told_are_not_its_parents) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const std::uint64_t cgroup = node.cgroup(kAppCgroup);
  ASSERT_EQ(node.process(1050)->role, ProcessRole::Observer);
  const Timestamp started = node.process(1000)->started;
  ASSERT_TRUE(started);
  node.observe(ForkEvent{origin(1050, cgroup), 1000, started + std::chrono::milliseconds(9)});
  EXPECT_EQ(node.process(1000)->role, ProcessRole::Application);
  // Another one that was given its number is its parent's child.
  node.observe(ForkEvent{origin(1050, cgroup), 1000, started + std::chrono::seconds(9)});
  EXPECT_EQ(node.process(1000)->role, ProcessRole::Observer);
}

TEST(Roles, another_tracer_is_an_observer_but_of_what_its_container_mounts) {
  FakeNode node({"volumes/cfg"});
  const auto becomes_tracer = [&](const std::string& process) {
    fs::remove(node.path(process + "/exe"));
    fs::create_symlink("/usr/local/bin/reloadtrace (deleted)", node.path(process + "/exe"));
  };
  becomes_tracer("proc/1000");
  becomes_tracer("proc/1200");
  node.discover();
  EXPECT_EQ(node.process(1000)->role, ProcessRole::Application);
  const std::uint64_t cgroup = node.cgroup(
      "kubepods/besteffort/pod11111111-2222-3333-4444-555555555555/"
      "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0");
  node.observe(open_of(node, "volumes/cfg", origin(1200, cgroup, "reloadtrace")));
  EXPECT_EQ(node.container(kStranger), nullptr);
  ASSERT_NE(node.process(1200), nullptr);
  EXPECT_EQ(node.process(1200)->role, ProcessRole::Observer);
  EXPECT_EQ(node.process(1200)->container_id, "");
}

TEST(Roles, nested_namespaces_of_the_application_are_the_application) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const std::uint64_t cgroup = node.cgroup(kAppCgroup);
  node.observe(ExecEvent{origin(2000, cgroup), 1001, 5, 4026539999, 4026532500});
  EXPECT_EQ(node.process(2000)->role, ProcessRole::Application);
}

TEST(Containers, that_start_later_are_found_by_their_first_exec) {
  FakeNode node({"volumes/cfg"});
  fs::rename(node.path("proc/1100"), node.path("later"));
  node.discover();
  ASSERT_EQ(node.container(kSidecar), nullptr);
  fs::rename(node.path("later"), node.path("proc/1100"));
  const std::uint64_t cgroup = node.cgroup(kSidecarCgroup);
  node.facts.clear();
  node.observe(ExecEvent{origin(1100, cgroup, "sidecar"), 800, 1, 4026532501, 4026531836});
  ASSERT_GE(node.facts.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<ContainerFact>(node.facts[0]));
  EXPECT_EQ(node.container(kSidecar)->main, 1100U);
  EXPECT_EQ(node.process(1100)->role, ProcessRole::Application);
  EXPECT_TRUE(node.scope.tracked.contains(cgroup));
}

TEST(Containers, are_not_judged_before_they_have_mounts_of_their_own) {
  FakeNode node({"volumes/cfg"});
  fs::rename(node.path("proc/1100"), node.path("later"));
  node.discover();
  fs::rename(node.path("later"), node.path("proc/1100"));
  fs::remove(node.path("proc/1100/ns/mnt"));
  fs::create_symlink("mnt:[4026531841]", node.path("proc/1100/ns/mnt"));  // still the host's
  const std::uint64_t cgroup = node.cgroup(kSidecarCgroup);
  node.observe(ExecEvent{origin(1100, cgroup, "runc:[2:INIT]"), 800, 1, 4026532501, 4026531836});
  EXPECT_EQ(node.container(kSidecar), nullptr);
  EXPECT_FALSE(node.scope.ignored.contains(cgroup));
}

// 1000 begins the container, and its child has no mounts of its own yet.
void expect_no_container_by_a_child_on_the_host(FakeNode& node) {
  fs::remove(node.path("proc/1001/ns/mnt"));
  fs::create_symlink("mnt:[4026531841]", node.path("proc/1001/ns/mnt"));  // still the host's
  const std::uint64_t cgroup = node.cgroup(kAppCgroup);
  node.observe(ExecEvent{origin(1000, cgroup, "runc"), 800, 1000, 4026531836, 4026531836});
  EXPECT_EQ(node.container(kApp), nullptr) << "by the mounts of its child, not set up yet";
  EXPECT_FALSE(node.scope.ignored.contains(cgroup));
}

TEST(Containers, are_not_judged_by_a_helper_of_the_runtime_that_ended_before_we_looked) {
  FakeNode node({"volumes/cfg"});
  for (const char* injected : {"proc/1050", "proc/1051"}) {
    fs::remove_all(node.path(injected));
  }
  for (const char* process : {"1000", "1001"}) {
    fs::rename(node.path("proc/") + process, node.path(process));
  }
  node.discover();
  ASSERT_EQ(node.container(kApp), nullptr);
  for (const char* process : {"1000", "1001"}) {
    fs::rename(node.path(process), node.path("proc/") + process);
  }
  end_process(node, "1000");
  expect_no_container_by_a_child_on_the_host(node);
}

TEST(Containers, are_not_judged_by_the_helpers_of_one_that_ended_while_we_looked) {
  FakeNode node({"volumes/cfg"});
  for (const char* injected : {"proc/1050", "proc/1051"}) {
    fs::remove_all(node.path(injected));
  }
  // What was read first is there, and then no more.
  for (const char* gone : {"proc/1000/mountinfo", "proc/1000/ns", "proc/1000/root"}) {
    fs::remove_all(node.path(gone));
  }
  expect_no_container_by_a_child_on_the_host(node);
  // Where nobody has waited for it yet.
  write_file(node.path("proc/1000/mountinfo"), "");
  expect_no_container_by_a_child_on_the_host(node);
}

TEST(Containers, have_the_oldest_process_that_still_runs_as_the_main_one) {
  FakeNode node({"volumes/cfg"});
  end_process(node, "1000");
  node.discover();
  ASSERT_NE(node.container(kApp), nullptr);
  EXPECT_EQ(node.container(kApp)->main, 1001U);
  EXPECT_EQ(node.process(1000), nullptr);
}

TEST(Containers, that_mount_nothing_are_ignored_until_they_touch_a_volume) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const std::uint64_t cgroup = node.cgroup(
      "kubepods/besteffort/pod11111111-2222-3333-4444-555555555555/"
      "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0");
  EXPECT_TRUE(node.scope.ignored.contains(cgroup));
  node.observe(open_of(node, "volumes/cfg", origin(1200, cgroup, "stranger")));
  ASSERT_NE(node.container(kStranger), nullptr);
  EXPECT_EQ(node.container(kStranger)->mounts.at(0).path, node.path("volumes/cfg"));
  EXPECT_EQ(node.process(1200)->container_id, node.container(kStranger)->id);
  EXPECT_TRUE(node.scope.tracked.contains(cgroup));
}

TEST(Containers, go_with_their_main_process) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const std::uint64_t cgroup = node.cgroup(kAppCgroup);
  node.observe(ExitEvent{origin(1001, cgroup), 0});
  EXPECT_TRUE(node.all<ContainerGoneFact>().empty());
  node.observe(ExitEvent{origin(1000, cgroup), 0});
  ASSERT_EQ(node.all<ContainerGoneFact>().size(), 1U);
  EXPECT_TRUE(node.all<ContainerGoneFact>()[0].id.starts_with(kApp));
  EXPECT_FALSE(node.scope.tracked.contains(cgroup));
}

TEST(HostProcesses, become_readers_when_they_hold_a_file) {
  FakeNode node({"volumes/plain"});
  node.discover();
  ASSERT_NE(node.process(1300), nullptr);
  EXPECT_EQ(node.process(1300)->container_id, "");
  EXPECT_EQ(node.process(1300)->comm, "a) (b");
  EXPECT_EQ(node.process(1300)->exe, "/usr/bin/tail");
  EXPECT_TRUE(node.scope.processes.contains(1300));
  EXPECT_EQ(node.process(900), nullptr);
  const auto held = node.all<HeldFact>();
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].fd, 7);
  EXPECT_EQ(held[0].generation, "");
  EXPECT_EQ(held[0].path, "app.yaml");
  EXPECT_TRUE(node.all<ContainerFact>().empty());
}

TEST(HostProcesses, become_readers_when_they_open_a_file_and_only_once) {
  FakeNode node({"volumes/plain"});
  node.discover();
  node.facts.clear();
  const OpenEvent open = open_of(node, "volumes/plain", origin(900, 1, "kubelet"));
  node.observe(open);
  node.observe(open);
  ASSERT_EQ(node.facts.size(), 1U);
  EXPECT_EQ(node.process(900)->exe, "/usr/bin/kubelet");
}

TEST(HostProcesses, with_a_used_pid_are_another_process) {
  FakeNode node({"volumes/plain"});
  node.discover();
  OpenEvent open = open_of(node, "volumes/plain", origin(5555, 1, "cat"));
  open.origin.started = {1'000'000'000};
  node.observe(open);
  node.facts.clear();
  open.origin.started = {9'000'000'000};
  node.observe(open);
  EXPECT_EQ(node.facts.size(), 1U);
}

TEST(Self, is_never_a_reader) {
  FakeNode node({"volumes/plain"});
  node.discover();
  node.facts.clear();
  node.observe(open_of(node, "volumes/plain", origin(999'999, 1)));
  EXPECT_TRUE(node.facts.empty());
}

TEST(Strangers, are_passed_over_in_silence) {
  FakeNode node({"volumes/plain"});
  node.discover();
  node.facts.clear();
  node.observe(ExecEvent{origin(77777, 123456), 1, 1, 1, 1});
  node.observe(ExitEvent{origin(77777, 123456), 0});
  node.observe(ForkEvent{origin(77777, 123456), 77778, {}});
  OpenEvent elsewhere = open_of(node, "volumes/plain", origin(77777, 1));
  elsewhere.file.volume_ino = 1;
  node.observe(elsewhere);
  EXPECT_TRUE(node.facts.empty());
  EXPECT_TRUE(node.warnings.empty());
}

TEST(Inspection, finds_descriptors_mappings_and_watches) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  node.facts.clear();
  const std::uint32_t tgids[] = {1001};
  node.node->inspect(tgids, {7}, [&](const Event& fact) { node.facts.push_back(fact); });
  const auto held = node.all<HeldFact>();
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held[0].fd, 3);
  EXPECT_EQ(held[0].generation, kGeneration);
  EXPECT_EQ(held[0].path, "app.yaml");
  EXPECT_FALSE(held[0].unlinked);
  EXPECT_EQ(held[1].fd, -1);
  EXPECT_EQ(held[1].generation, "..2026_11_19_08_14_55.77");
  EXPECT_EQ(held[1].path, "limits.conf");
  EXPECT_TRUE(held[1].unlinked);
  const auto watches = node.all<WatchFact>();
  ASSERT_EQ(watches.size(), 4U);
  EXPECT_EQ(watches[0].kind, TargetKind::Root);
  EXPECT_EQ(watches[0].path, "");
  EXPECT_EQ(watches[1].kind, TargetKind::Generation);
  EXPECT_EQ(watches[2].kind, TargetKind::File);
  EXPECT_EQ(watches[2].path, kGeneration + "/app.yaml");
  EXPECT_EQ(watches[3].kind, TargetKind::Link);
  EXPECT_EQ(watches[3].path, "..data");
  EXPECT_EQ(watches[3].wd, 10);
  ASSERT_EQ(node.all<InspectedFact>().size(), 1U);
  EXPECT_TRUE(node.all<InspectedFact>()[0].complete);
}

TEST(Inspection, of_a_process_that_has_gone_is_not_complete) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  node.facts.clear();
  const std::uint32_t tgids[] = {4242};
  node.node->inspect(tgids, {7}, [&](const Event& fact) { node.facts.push_back(fact); });
  ASSERT_EQ(node.facts.size(), 1U);
  EXPECT_FALSE(std::get<InspectedFact>(node.facts[0]).complete);
}

OpenFailedEvent failed_open(std::uint32_t tgid, const std::string& path, std::uint32_t error) {
  OpenFailedEvent event;
  event.origin = origin(tgid, 0);
  event.path = path;
  event.error = error;
  event.uid = 65534;
  event.dfd = -100;
  return event;
}

TEST(FailedOpens, are_matched_in_the_view_of_the_process) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  fs::permissions(node.path("volumes/cfg/" + kGeneration + "/app.yaml"), fs::perms(0400));
  node.observe(failed_open(1001, "/etc/app/app.yaml", 13));
  node.observe(failed_open(1001, "/etc/app/..data/app.yaml", 13));
  node.observe(failed_open(1001, "/etc/app/nosuch.yaml", 2));
  node.observe(failed_open(1001, "/somewhere/app.yaml", 2));
  const auto failed = node.all<OpenFailedFact>();
  ASSERT_EQ(failed.size(), 3U);
  EXPECT_EQ(failed[0].path, "app.yaml");
  EXPECT_EQ(failed[0].error, 13U);
  EXPECT_EQ(failed[0].uid, 65534U);
  EXPECT_EQ(failed[0].file_mode, 0400U);
  EXPECT_EQ(failed[1].path, "app.yaml");
  EXPECT_EQ(failed[2].path, "nosuch.yaml");
  EXPECT_EQ(failed[2].file_mode, 0U);
}

TEST(FailedOpens, of_relative_paths_go_by_the_working_directory_or_the_name) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  fs::remove(node.path("proc/1001/cwd"));
  fs::create_symlink("/etc/app", node.path("proc/1001/cwd"));
  node.observe(failed_open(1001, "conf.d/a.yaml", 13));
  fs::remove(node.path("proc/1001/cwd"));
  node.observe(failed_open(1001, "x/limits.conf", 13));
  const auto failed = node.all<OpenFailedFact>();
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].path, "conf.d/a.yaml");
  EXPECT_EQ(failed[1].path, "limits.conf");
}

}  // namespace

}  // namespace reloadtrace
