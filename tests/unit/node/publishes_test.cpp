// SPDX-License-Identifier: Apache-2.0
// What counts as a publish, and what it changed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fake_node.h"

namespace reloadtrace {

namespace {

namespace fs = std::filesystem;

const std::string kGeneration = "..2026_11_22_16_42_20.3625471858";

using Files = std::vector<std::pair<std::string, std::string>>;

std::string changes_of(const PublishFact& publish) {
  std::string text;
  for (const FileChange& change : publish.changed) {
    text += " ~+-"[static_cast<int>(change.kind)] + change.path + " ";
  }
  return text;
}

RenameEvent rename_of(const std::string& from, const std::string& to) {
  fs::rename(from, to);
  return {origin_of_writer(5'000'000'000), from, to, {}, {}, false};
}

TEST(Volumes, behind_an_atomic_writers_link_show_its_generation) {
  FakeNode node({"volumes/cfg"});
  ASSERT_TRUE(node.discover_volumes());
  const auto volumes = node.all<VolumeFact>();
  ASSERT_EQ(volumes.size(), 1U);
  EXPECT_EQ(volumes[0].id, node.inode("volumes/cfg"));
  EXPECT_EQ(volumes[0].name, "cfg");
  EXPECT_TRUE(volumes[0].atomic_links);
  EXPECT_EQ(volumes[0].link, "..data");
  EXPECT_EQ(volumes[0].current.name, kGeneration);
  EXPECT_EQ(volumes[0].current.directory, node.inode("volumes/cfg/" + kGeneration));
  ASSERT_EQ(volumes[0].current.files.size(), 3U);
  EXPECT_EQ(volumes[0].current.files[1].path, "conf.d/a.yaml");
  EXPECT_EQ(node.scope.volumes.size(), 1U);
}

TEST(Volumes, may_be_named_by_the_link_that_changes) {
  for (const std::string given : {"volumes/git", "volumes/git/current"}) {
    FakeNode node({given});
    ASSERT_TRUE(node.discover_volumes());
    const VolumeFact volume = node.all<VolumeFact>().at(0);
    EXPECT_EQ(volume.id, node.inode("volumes/git")) << given;
    EXPECT_EQ(volume.link, "current");
    EXPECT_EQ(volume.current.name, ".worktrees/1111aaaa");
    EXPECT_EQ(volume.current.files.size(), 1U);
  }
}

TEST(Volumes, may_be_plain_directories) {
  FakeNode node({"volumes/plain"});
  ASSERT_TRUE(node.discover_volumes());
  const VolumeFact volume = node.all<VolumeFact>().at(0);
  EXPECT_FALSE(volume.atomic_links);
  EXPECT_EQ(volume.link, "");
  EXPECT_EQ(volume.current.name, "#1");
  EXPECT_FALSE(volume.current.directory);
  EXPECT_EQ(volume.current.files.size(), 2U);
}

TEST(Volumes, that_cannot_be_tracked_are_explained_in_sentences) {
  FakeNode node({"volumes/nosuch", "volumes/plain/app.yaml"});
  const auto result = node.discover_volumes();
  ASSERT_FALSE(result);
  ASSERT_EQ(node.warnings.size(), 2U);
  EXPECT_EQ(node.warnings[0],
            "--path " + node.path("volumes/nosuch") + ": No such file or directory");
  EXPECT_EQ(node.warnings[1],
            "--path " + node.path("volumes/plain/app.yaml") + ": is a file, not a directory");
  EXPECT_EQ(result.error().message, node.warnings[0] + "; " + node.warnings[1]);
}

TEST(Volumes, given_twice_are_tracked_once) {
  FakeNode node({"volumes/cfg", "volumes/cfg/", "volumes/nosuch"});
  ASSERT_TRUE(node.discover_volumes());
  EXPECT_EQ(node.all<VolumeFact>().size(), 1U);
  EXPECT_EQ(node.warnings.size(), 1U);
}

TEST(Volumes, that_vanish_are_forgotten_and_said_once) {
  FakeNode node({"volumes/cfg", "volumes/plain"});
  node.discover();
  fs::remove_all(node.path("volumes/plain"));
  for (int i = 0; i < 3; ++i) {
    node.node->refresh({9}, [&](const Event& fact) { node.facts.push_back(fact); });
  }
  ASSERT_EQ(node.all<VolumeGoneFact>().size(), 1U);
  EXPECT_EQ(node.all<VolumeGoneFact>()[0].at, (Timestamp{9}));
  ASSERT_EQ(node.warnings.size(), 1U);
  EXPECT_EQ(node.warnings[0],
            "--path " + node.path("volumes/plain") + ": vanished; it is no longer traced");
  EXPECT_EQ(node.scope.volumes.size(), 1U);
}

TEST(AtomicWriter, publishes_with_the_swap_and_not_before) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const auto events = node.atomic_swap(
      "volumes/cfg", "..new",
      {{"app.yaml", "level: debug\n"}, {"limits.conf", "max: 10\n"}, {"extra", "1"}});
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    node.observe(events[i]);
  }
  EXPECT_TRUE(node.all<PublishFact>().empty());
  node.observe(events.back());
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 1U);
  EXPECT_EQ(publishes[0].style, PublishStyle::LinkSwap);
  EXPECT_EQ(publishes[0].at, std::get<RenameEvent>(events.back()).origin.at);
  EXPECT_EQ(publishes[0].from, kGeneration);
  EXPECT_EQ(publishes[0].to.name, "..new");
  EXPECT_EQ(publishes[0].to.directory, node.inode("volumes/cfg/..new"));
  EXPECT_EQ(publishes[0].writer_tgid, 900U);
  EXPECT_EQ(publishes[0].writer_comm, "kubelet");
  EXPECT_TRUE(publishes[0].contents_known);
  EXPECT_EQ(changes_of(publishes[0]), "~app.yaml -conf.d/a.yaml +extra ");
  EXPECT_TRUE(node.scope.files.contains("extra"));
}

TEST(AtomicWriter, names_a_generation_by_what_its_file_says) {
  FakeNode node({"volumes/cfg"}, false, "", {"missing.yaml", "app.yaml"});
  node.discover();
  EXPECT_EQ(node.all<VolumeFact>().at(0).current.config_version, "");
  observe_all(node, node.atomic_swap("volumes/cfg", "..new", {{"app.yaml", "version: 1.4.2\n"}}));
  observe_all(node, node.atomic_swap("volumes/cfg", "..none", {{"app.yaml", "level: info\n"}}));
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 2U);
  EXPECT_EQ(publishes[0].to.config_version, "1.4.2");
  EXPECT_EQ(publishes[1].to.config_version, "") << "the old version is not the new one's";
}

TEST(InPlaceWrite, names_the_generation_by_what_the_file_says_now) {
  FakeNode node({"volumes/plain"}, false, "", {"versioned.conf"});
  write_file(node.path("volumes/plain/versioned.conf"), "version=1\n");
  node.discover();
  EXPECT_EQ(node.all<VolumeFact>().at(0).current.config_version, "1");
  write_file(node.path("volumes/plain/versioned.conf"), "version=2\n");
  node.observe(closed(node, "volumes/plain", "versioned.conf"));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(node.all<PublishFact>()[0].to.config_version, "2");
}

TEST(Secrets, are_never_looked_into_for_a_version) {
  FakeNode node({}, false, "kubelet", {"app.yaml"});
  for (const std::string kind : {"configmap", "secret", "projected"}) {
    const std::string volume = node.path(
        "kubelet/pods/11111111-2222-3333-4444-555555555555/volumes/kubernetes.io~" + kind + "/app");
    fs::create_directories(volume + "/..first");
    fs::create_directory_symlink("..first", volume + "/..data");
    write_file(volume + "/..first/app.yaml", "version: planted\n");
  }
  ASSERT_TRUE(node.discover_volumes());
  ASSERT_EQ(node.all<VolumeFact>().size(), 3U);
  for (const VolumeFact& volume : node.all<VolumeFact>()) {
    EXPECT_EQ(volume.current.config_version, volume.kind == VolumeKind::ConfigMap ? "planted" : "");
  }
}

TEST(AtomicWriter, may_publish_the_same_bytes) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  observe_all(node, node.atomic_swap("volumes/cfg", "..new",
                                     {{"app.yaml", "level: info\n"},
                                      {"limits.conf", "max: 10\n"},
                                      {"conf.d/a.yaml", "a: 1\n"}}));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "");
  EXPECT_TRUE(node.all<PublishFact>()[0].contents_known);
}

TEST(AtomicWriter, two_swaps_before_anybody_looks_are_two_publishes) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  auto events = node.atomic_swap("volumes/cfg", "..one", {{"app.yaml", "1"}});
  const auto one = std::get<WriteOpenEvent>(events.front()).file;
  const auto more = node.atomic_swap("volumes/cfg", "..two", {{"app.yaml", "2"}});
  events.insert(events.end(), more.begin(), more.end());
  observe_all(node, events);
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 2U);
  EXPECT_EQ(publishes[0].to.name, "..one");
  EXPECT_EQ(publishes[0].to.directory, one.generation());
  ASSERT_EQ(publishes[0].to.files.size(), 1U);
  EXPECT_EQ(publishes[0].to.files[0].ino, one.ino);
  EXPECT_FALSE(publishes[0].contents_known);
  EXPECT_EQ(changes_of(publishes[0]), "~app.yaml ~conf.d/a.yaml ~limits.conf ");
  EXPECT_EQ(publishes[1].from, "..one");
  EXPECT_EQ(publishes[1].to.name, "..two");
  EXPECT_FALSE(publishes[1].contents_known);
}

TEST(AtomicWriter, of_another_directory_is_no_publish_here) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  fs::create_directories(node.path("other/..a"));
  fs::create_symlink("..a", node.path("other/..data"));
  observe_all(node, node.atomic_swap("other", "..b", {{"app.yaml", "x"}}));
  EXPECT_TRUE(node.all<PublishFact>().empty());
}

TEST(AtomicWriter, is_found_by_identity_when_the_path_says_nothing) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  auto events = node.atomic_swap("volumes/cfg", "..new", {{"app.yaml", "1"}});
  auto& rename = std::get<RenameEvent>(events.back());
  std::get<SymlinkEvent>(events[events.size() - 2]).link_path = rename.old_path = "..data_tmp";
  rename.new_path = "..data";
  rename.base = rename.base_volume = node.inode("volumes/cfg");
  observe_all(node, events);
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
}

TEST(AtomicWriter, is_found_by_asking_when_the_writer_has_gone) {
  FakeNode node({"volumes/plain", "volumes/cfg"});
  node.discover();
  auto events = node.atomic_swap("volumes/cfg", "..new", {{"app.yaml", "1"}});
  auto& rename = std::get<RenameEvent>(events.back());
  rename.new_path = "/in/another/namespace/..data";
  observe_all(node, events);
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(node.all<PublishFact>()[0].to.name, "..new");
}

TEST(AtomicWriter, first_publish_into_an_empty_directory_gives_it_generations) {
  FakeNode node({"volumes/empty"});
  fs::create_directories(node.path("volumes/empty/..zero"));
  node.discover();
  EXPECT_FALSE(node.all<VolumeFact>().at(0).atomic_links);
  fs::create_symlink("..zero", node.path("volumes/empty/..data"));
  observe_all(node, node.atomic_swap("volumes/empty", "..one", {{"app.yaml", "1"}}));
  ASSERT_EQ(node.all<VolumeFact>().size(), 2U);
  EXPECT_TRUE(node.all<VolumeFact>()[1].atomic_links);
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(node.all<PublishFact>()[0].to.name, "..one");
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "+app.yaml ");
}

TEST(AtomicWriter, that_no_event_announced_is_found_by_comparing) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  node.atomic_swap("volumes/cfg", "..new", {{"app.yaml", "1"}});
  const auto refresh = [&](std::uint64_t at) {
    node.node->refresh({at}, [&](const Event& fact) { node.facts.push_back(fact); });
  };
  refresh(100);
  EXPECT_TRUE(node.all<PublishFact>().empty()) << "its event may be on the way";
  refresh(200);
  refresh(300);
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(node.all<PublishFact>()[0].at, (Timestamp{200}));
  EXPECT_EQ(node.all<PublishFact>()[0].writer_tgid, 0U);
}

TEST(GitSync, publishes_with_its_own_link) {
  FakeNode node({"volumes/git/current"});
  node.discover();
  const std::string root = node.path("volumes/git");
  write_file(root + "/.worktrees/2222bbbb/app.yaml", "git: 2\n");
  fs::create_symlink(".worktrees/2222bbbb", root + "/tmp-link");
  node.observe(SymlinkEvent{origin_of_writer(1), ".worktrees/2222bbbb", root + "/tmp-link"});
  node.observe(rename_of(root + "/tmp-link", root + "/current"));
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 1U);
  EXPECT_EQ(publishes[0].from, ".worktrees/1111aaaa");
  EXPECT_EQ(publishes[0].to.name, ".worktrees/2222bbbb");
  EXPECT_EQ(publishes[0].to.directory, node.inode("volumes/git/.worktrees/2222bbbb"));
  EXPECT_EQ(changes_of(publishes[0]), "~app.yaml ");
}

TEST(VaultAgent, publishes_by_renaming_onto_the_file) {
  FakeNode node({"volumes/plain"});
  node.discover();
  const std::string root = node.path("volumes/plain");
  write_file(root + "/1234567", "plain: 2\n");
  node.observe(closed(node, "volumes/plain", "1234567"));
  EXPECT_TRUE(node.all<PublishFact>().empty());
  node.observe(rename_of(root + "/1234567", root + "/app.yaml"));
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 1U);
  EXPECT_EQ(publishes[0].style, PublishStyle::FileRename);
  EXPECT_EQ(publishes[0].from, "#1");
  EXPECT_EQ(publishes[0].to.name, "#2");
  EXPECT_EQ(publishes[0].to.files.size(), 2U);
  EXPECT_EQ(changes_of(publishes[0]), "~app.yaml ");

  write_file(root + "/7654321", "plain: 2\n");
  node.observe(rename_of(root + "/7654321", root + "/app.yaml"));
  ASSERT_EQ(node.all<PublishFact>().size(), 2U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[1]), "");
}

TEST(FileRename, of_a_new_name_adds_it_and_removes_the_old) {
  FakeNode node({"volumes/plain"});
  node.discover();
  const std::string root = node.path("volumes/plain");
  node.observe(rename_of(root + "/app.yaml", root + "/main.yaml"));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "-app.yaml +main.yaml ");
}

TEST(FileRename, in_a_subdirectory_is_seen_too) {
  FakeNode node({"volumes/plain"});
  node.discover();
  const std::string root = node.path("volumes/plain");
  write_file(root + "/conf.d/new", "b: 2\n");
  node.observe(rename_of(root + "/conf.d/new", root + "/conf.d/b.yaml"));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "~conf.d/b.yaml ");
}

TEST(FileRename, of_a_directory_changes_all_its_files) {
  FakeNode node({"volumes/plain"});
  node.discover();
  const std::string root = node.path("volumes/plain");
  write_file(node.path("staging/c.yaml"), "c");
  fs::remove_all(root + "/conf.d");
  node.observe(rename_of(node.path("staging"), root + "/conf.d"));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "-conf.d/b.yaml +conf.d/c.yaml ");
}

// cp -r config conf.d.new; mv conf.d conf.d.old; mv conf.d.new conf.d.
TEST(FileRename, of_two_directories_is_one_publish_whatever_was_prepared) {
  FakeNode node({"volumes/plain"});
  node.discover();
  const std::string root = node.path("volumes/plain");
  write_file(root + "/conf.d.new/b.yaml", "new");
  node.observe(closed(node, "volumes/plain", "conf.d.new/b.yaml"));
  node.observe(rename_of(root + "/conf.d", root + "/conf.d.old"));
  EXPECT_TRUE(node.all<PublishFact>().empty());
  node.observe(rename_of(root + "/conf.d.new", root + "/conf.d"));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "~conf.d/b.yaml ");
}

TEST(FileRename, elsewhere_under_the_same_name_is_no_publish) {
  FakeNode node({"volumes/plain"});
  node.discover();
  write_file(node.path("elsewhere/plain/x"), "x");
  node.observe(rename_of(node.path("elsewhere/plain/x"), node.path("elsewhere/plain/app.yaml")));
  EXPECT_TRUE(node.all<PublishFact>().empty());
}

TEST(Editors, that_move_the_file_away_first_publish_once) {
  FakeNode node({"volumes/plain"});
  node.discover();
  const std::string root = node.path("volumes/plain");
  node.observe(rename_of(root + "/app.yaml", root + "/app.yaml~"));
  write_file(root + "/app.yaml", "plain: 2\n");
  node.observe(closed(node, "volumes/plain", "app.yaml"));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "~app.yaml ");
}

TEST(InPlace, a_close_after_writing_is_a_publish) {
  FakeNode node({"volumes/plain"});
  node.discover();
  write_file(node.path("volumes/plain/app.yaml"), "plain: 2\n");
  node.observe(closed(node, "volumes/plain", "app.yaml"));
  write_file(node.path("volumes/plain/new.yaml"), "new\n");
  node.observe(closed(node, "volumes/plain", "new.yaml"));
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 2U);
  EXPECT_EQ(publishes[0].style, PublishStyle::InPlace);
  EXPECT_EQ(publishes[0].to.name, "#2");
  EXPECT_EQ(changes_of(publishes[0]), "~app.yaml ");
  EXPECT_EQ(publishes[1].to.name, "#3");
  EXPECT_EQ(changes_of(publishes[1]), "+new.yaml ");
}

TEST(InPlace, a_write_into_the_current_generation_is_a_publish_with_a_name_of_its_own) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  const std::string file = kGeneration + "/app.yaml";
  write_file(node.path("volumes/cfg/" + file), "level: trace\n");
  node.observe(closed(node, "volumes/cfg", file));
  ASSERT_EQ(node.all<PublishFact>().size(), 1U);
  EXPECT_EQ(node.all<PublishFact>()[0].to.name, kGeneration + "+1");
  EXPECT_EQ(node.all<PublishFact>()[0].to.directory, node.inode("volumes/cfg/" + kGeneration));
  EXPECT_EQ(changes_of(node.all<PublishFact>()[0]), "~app.yaml ");
}

TEST(InPlace, files_that_nobody_can_see_yet_are_no_publish) {
  FakeNode node({"volumes/cfg", "volumes/plain"});
  node.discover();
  write_file(node.path("volumes/cfg/..next/app.yaml"), "1");
  node.observe(closed(node, "volumes/cfg", "..next/app.yaml"));
  for (const std::string name : {".app.yaml.swp", "app.yaml.tmp", "4913", "..hidden"}) {
    write_file(node.path("volumes/plain/" + name), "1");
    node.observe(closed(node, "volumes/plain", name));
  }
  EXPECT_TRUE(node.all<PublishFact>().empty());
}

}  // namespace

}  // namespace reloadtrace
