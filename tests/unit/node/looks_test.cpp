// SPDX-License-Identifier: Apache-2.0
// Looks at paths and watches that failed, on the checked-in tree.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "fake_node.h"

namespace reloadtrace {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kAppWorker = 1001;  // in a container that mounts the volume at /etc/app
constexpr std::uint32_t kPlainUser = 1300;  // outside of containers; holds volumes/plain/app.yaml
constexpr std::uint32_t kStranger = 800;    // outside of containers, uses nothing

PollEvent look(std::uint32_t tgid, const std::string& path, PollCall call = PollCall::Stat) {
  PollEvent event;
  event.origin = {{2'000'000'000}, {}, 0, tgid, tgid, "x"};
  event.first = {1'900'000'000};
  event.latest = {1'950'000'000};
  event.count = 7;
  event.call = call;
  event.dfd = AT_FDCWD;
  event.path = path;
  return event;
}

WatchFailedEvent failed_watch(std::uint32_t tgid, WatchCall call, const std::string& path) {
  WatchFailedEvent event;
  event.origin = {{2'000'000'000}, {}, 0, tgid, tgid, "x"};
  event.call = call;
  event.error = ENOSPC;
  event.uid = 65534;
  event.dfd = AT_FDCWD;
  event.path = path;
  return event;
}

class Looks : public ::testing::Test {
 protected:
  Looks() { node_.discover(); }

  // What one look says; fails unless it is one fact.
  PollFact fact_of(const PollEvent& event) {
    node_.facts.clear();
    node_.observe(event);
    const auto found = node_.all<PollFact>();
    EXPECT_EQ(found.size(), 1U) << event.path;
    return found.empty() ? PollFact{} : found[0];
  }

  FakeNode node_{{"volumes/cfg", "volumes/plain"}};
};

TEST_F(Looks, are_told_with_their_times_and_their_number) {
  const PollFact fact = fact_of(look(kAppWorker, "/etc/app/app.yaml"));
  EXPECT_EQ(fact.first.ns, 1'900'000'000U);
  EXPECT_EQ(fact.at.ns, 1'950'000'000U);
  EXPECT_EQ(fact.count, 7U);
  EXPECT_EQ(fact.tgid, kAppWorker);
  EXPECT_EQ(fact.volume, node_.inode("volumes/cfg"));
  EXPECT_EQ(fact.call, PollCall::Stat);
}

TEST_F(Looks, at_a_file_mean_the_file_whichever_way_leads_to_it) {
  for (const char* path :
       {"/etc/app/app.yaml", "/etc/app/..data/app.yaml", "/etc/app//./app.yaml"}) {
    const PollFact fact = fact_of(look(kAppWorker, path));
    EXPECT_EQ(fact.kind, TargetKind::File) << path;
    EXPECT_EQ(fact.path, "app.yaml") << path;
  }
  EXPECT_EQ(fact_of(look(kAppWorker, "/etc/app/conf.d/a.yaml")).path, "conf.d/a.yaml");
}

TEST_F(Looks, that_follow_no_link_mean_the_link) {
  for (const PollCall call : {PollCall::Lstat, PollCall::Readlink}) {
    const PollFact data = fact_of(look(kAppWorker, "/etc/app/..data", call));
    EXPECT_EQ(data.kind, TargetKind::Link);
    EXPECT_EQ(data.path, "..data");
    const PollFact user = fact_of(look(kAppWorker, "/etc/app/app.yaml", call));
    EXPECT_EQ(user.kind, TargetKind::Link);
    EXPECT_EQ(user.path, "app.yaml");
    // Only the last component is not followed.
    const PollFact behind = fact_of(look(kAppWorker, "/etc/app/..data/app.yaml", call));
    EXPECT_EQ(behind.kind, TargetKind::File);
    EXPECT_EQ(behind.path, "app.yaml");
  }
}

TEST_F(Looks, at_directories_tell_the_root_from_a_generation) {
  EXPECT_EQ(fact_of(look(kAppWorker, "/etc/app")).kind, TargetKind::Root);
  for (const char* path : {"/etc/app/..data", "/etc/app/..data/", "/etc/app/conf.d"}) {
    const PollFact fact = fact_of(look(kAppWorker, path));
    EXPECT_EQ(fact.kind, TargetKind::Generation) << path;
    EXPECT_EQ(fact.path, "") << path;
  }
}

TEST_F(Looks, in_a_plain_volume_mean_the_file_even_when_they_follow_no_link) {
  const std::string path = node_.path("volumes/plain/app.yaml");
  const PollFact fact = fact_of(look(kPlainUser, path, PollCall::Lstat));
  EXPECT_EQ(fact.kind, TargetKind::File);
  EXPECT_EQ(fact.path, "app.yaml");
  EXPECT_EQ(fact.volume, node_.inode("volumes/plain"));
}

TEST_F(Looks, by_relative_paths_go_by_the_working_directory) {
  fs::remove(node_.path("proc/1001/cwd"));
  fs::create_symlink("/etc/app", node_.path("proc/1001/cwd"));
  EXPECT_EQ(fact_of(look(kAppWorker, "conf.d/a.yaml")).path, "conf.d/a.yaml");
  EXPECT_EQ(fact_of(look(kAppWorker, "..data", PollCall::Readlink)).kind, TargetKind::Link);
}

TEST_F(Looks, make_nobody_a_reader) {
  node_.facts.clear();
  node_.observe(look(kStranger, node_.path("volumes/plain/app.yaml")));
  EXPECT_TRUE(node_.facts.empty());
}

TEST_F(Looks, elsewhere_say_nothing) {
  node_.facts.clear();
  node_.observe(look(kAppWorker, "/somewhere/app.yaml"));
  EXPECT_TRUE(node_.facts.empty());
}

class FailedWatches : public Looks {};

TEST_F(FailedWatches, are_told_with_the_place_that_was_meant) {
  node_.facts.clear();
  node_.observe(failed_watch(kAppWorker, WatchCall::Add, "/etc/app"));
  node_.observe(failed_watch(kAppWorker, WatchCall::Add, "/etc/app/..data/app.yaml"));
  node_.observe(failed_watch(kAppWorker, WatchCall::Add, "/somewhere/app.yaml"));
  const auto failed = node_.all<WatchFailedFact>();
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].volume, node_.inode("volumes/cfg"));
  EXPECT_EQ(failed[0].path, "");
  EXPECT_EQ(failed[0].call, WatchCall::Add);
  EXPECT_EQ(failed[0].error, static_cast<std::uint32_t>(ENOSPC));
  EXPECT_EQ(failed[0].uid, 65534U);
  EXPECT_EQ(failed[1].path, "..data/app.yaml");
}

TEST_F(FailedWatches, without_an_instance_are_of_no_volume) {
  node_.facts.clear();
  node_.observe(failed_watch(kAppWorker, WatchCall::Init, ""));
  node_.observe(failed_watch(kPlainUser, WatchCall::FanotifyInit, ""));
  node_.observe(failed_watch(kStranger, WatchCall::Init, ""));
  const auto failed = node_.all<WatchFailedFact>();
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_FALSE(failed[0].volume);
  EXPECT_EQ(failed[1].tgid, kPlainUser);
}

TEST_F(FailedWatches, make_a_reader_of_who_wanted_to_watch) {
  node_.facts.clear();
  node_.observe(failed_watch(kStranger, WatchCall::Add, node_.path("volumes/plain")));
  EXPECT_NE(node_.process(kStranger), nullptr);
  EXPECT_EQ(node_.all<WatchFailedFact>().size(), 1U);
}

TEST_F(Looks, are_not_all_that_an_io_uring_may_do) {
  const std::uint32_t tgids[] = {kAppWorker};
  const auto says_io_uring = [&] {
    node_.facts.clear();
    node_.node->inspect(tgids, {1}, [&](const Event& fact) { node_.facts.push_back(fact); });
    return node_.all<InspectedFact>().at(0).io_uring;
  };
  EXPECT_FALSE(says_io_uring());
  fs::create_symlink("anon_inode:[io_uring]", node_.path("proc/1001/fd/9"));
  EXPECT_TRUE(says_io_uring());
}

}  // namespace
}  // namespace reloadtrace
