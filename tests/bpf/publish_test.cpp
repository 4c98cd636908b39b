// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfPublish : public LiveSourceTest {};

TEST_F(BpfPublish, reports_the_symlink_and_the_rename_of_an_atomic_swap) {
  start();
  std::filesystem::create_directories(at("volume/..two"));
  const auto events = trace([&] {
    return ::symlink("..two", at("volume/..data_tmp").c_str()) == 0 &&
           ::rename(at("volume/..data_tmp").c_str(), at("volume/..data").c_str()) == 0;
  });
  const auto links = of<SymlinkEvent>(events);
  const auto renames = of<RenameEvent>(events);
  ASSERT_EQ(links.size(), 1U);
  ASSERT_EQ(renames.size(), 1U);
  EXPECT_EQ(links[0].target, "..two");
  EXPECT_EQ(links[0].link_path, at("volume/..data_tmp"));
  EXPECT_EQ(renames[0].old_path, at("volume/..data_tmp"));
  EXPECT_EQ(renames[0].new_path, at("volume/..data"));
  EXPECT_FALSE(renames[0].base);
  EXPECT_FALSE(renames[0].truncated);
  EXPECT_LT(links[0].origin.at, renames[0].origin.at);
}

TEST_F(BpfPublish, says_where_a_relative_rename_starts) {
  start();
  write_file(at("volume/new"), "x");
  const auto renames = of<RenameEvent>(trace([&] {
    const int dir = ::open(at("volume").c_str(), O_RDONLY | O_DIRECTORY);
    return ::renameat(dir, "new", dir, "conf") == 0 && ::chdir(at("volume/..one").c_str()) == 0 &&
           ::rename("app.yaml", "b.yaml") == 0;
  }));
  ASSERT_EQ(renames.size(), 2U);
  EXPECT_EQ(renames[0].base, volume());
  EXPECT_EQ(renames[0].base_volume, volume());
  EXPECT_EQ(renames[0].new_path, "conf");
  EXPECT_EQ(renames[1].base, inode_of(at("volume/..one")));
  EXPECT_EQ(renames[1].base_volume, volume());
}

TEST_F(BpfPublish, passes_a_rename_into_a_directory_of_a_known_name) {
  start();
  ASSERT_TRUE(source().add_directory_name("volume"));
  write_file(at("staged"), "x");
  write_file(at("staged2"), "x");
  const auto renames = of<RenameEvent>(trace([&] {
    return ::rename(at("staged").c_str(), at("volume//conf").c_str()) == 0 &&
           ::rename(at("staged2").c_str(), at("other/conf").c_str()) == 0;
  }));
  ASSERT_EQ(renames.size(), 1U);
  EXPECT_EQ(renames[0].new_path, at("volume//conf"));
}

TEST_F(BpfPublish, says_nothing_of_a_rename_elsewhere_or_one_that_failed) {
  start();
  EXPECT_TRUE(of<RenameEvent>(trace([&] {
                return ::rename(at("other/app.yaml").c_str(), at("other/b.yaml").c_str()) == 0 &&
                       ::rename(at("absent").c_str(), at("volume/..data").c_str()) != 0;
              })).empty());
}

TEST_F(BpfPublish, finds_the_last_component_of_a_very_long_path) {
  start();
  std::string path = at("volume");
  for (int i = 0; i < 300; ++i) {
    path += "/.";
  }
  write_file(at("volume/x"), "x");
  const auto events =
      trace([&] { return ::rename((path + "/x").c_str(), (path + "/..moved").c_str()) == 0; });
  const auto renames = of<RenameEvent>(events);
  ASSERT_EQ(renames.size(), 1U);
  EXPECT_TRUE(renames[0].truncated);
  EXPECT_FALSE(all<LossFact>(events).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
