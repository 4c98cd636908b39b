// SPDX-License-Identifier: Apache-2.0
// The stand-in for kubelet leaves the tree, and makes the system calls, that kubelet does.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "tests/support/requirements.h"
#include "tests/support/volume.h"

namespace reloadtrace::testing {
namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const std::string& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename());
  }
  return names;
}

// Every run of digits as one "#".
std::string without_digits(const std::string& text) {
  std::string shape;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit || shape.empty() || shape.back() != '#') {
      shape += digit ? '#' : c;
    }
  }
  return shape;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

ino_t inode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

class Publisher : public ::testing::Test {
 protected:
  std::string content_of(const std::string& key) const {
    return read_file(volume_.path() + "/" + key);
  }

  Pod pod_;
  Volume volume_{pod_};
};

TEST_F(Publisher, shows_each_key_through_the_data_link) {
  const std::string generation =
      volume_.publish({{"app.yaml", "one"}, {"conf.d/a.yaml", "two"}, {"conf.d/b.yaml", "three"}});
  EXPECT_EQ(without_digits(generation), "..#_#_#_#_#_#.#") << generation;
  EXPECT_EQ(generation.find('.', 2), std::string("..YYYY_MM_DD_hh_mm_ss").size());
  EXPECT_EQ(names_in(volume_.path()),
            (std::set<std::string>{generation, "..data", "app.yaml", "conf.d"}));
  EXPECT_EQ(fs::read_symlink(volume_.path() + "/app.yaml"), "..data/app.yaml");
  EXPECT_EQ(content_of("conf.d/b.yaml"), "three");
  EXPECT_EQ(fs::status(volume_.path() + "/" + generation).permissions(), fs::perms{0755});
  EXPECT_EQ(fs::status(volume_.path() + "/app.yaml").permissions(), fs::perms{0644});
}

TEST_F(Publisher, replaces_the_generation_when_a_key_changes_comes_or_goes) {
  const std::string first = volume_.publish({{"app.yaml", "one"}, {"limits.conf", "x"}});
  const std::string second = volume_.publish({{"app.yaml", "two"}});
  EXPECT_NE(second, first);
  EXPECT_EQ(content_of("app.yaml"), "two");
  EXPECT_EQ(content_of("limits.conf"), "x");
  const std::string third = volume_.publish({{"new.yaml", "n"}}, {.remove = {"limits.conf"}});
  EXPECT_EQ(names_in(volume_.path()),
            (std::set<std::string>{third, "..data", "app.yaml", "new.yaml"}));
}

TEST_F(Publisher, renames_nothing_when_nothing_changed) {
  const std::string first = volume_.publish({{"app.yaml", "one"}});
  EXPECT_EQ(volume_.publish({{"app.yaml", "one"}}), first);
  EXPECT_EQ(volume_.generation(), first);
}

TEST_F(Publisher, swaps_a_link_to_a_worktree_as_git_sync_does) {
  volume_.publish({{"app.yaml", "one"}}, {.style = "git-sync"});
  const std::string worktree = volume_.publish({{"app.yaml", "two"}}, {.style = "git-sync"});
  EXPECT_EQ(fs::read_symlink(volume_.path() + "/current"), worktree);
  EXPECT_EQ(content_of("current/app.yaml"), "two");
  EXPECT_EQ(names_in(volume_.path() + "/.worktrees").size(), 1U);
}

TEST_F(Publisher, replaces_only_changed_files_as_vault_agent_does) {
  volume_.publish({{"a", "one"}, {"b", "two"}}, {.style = "vault"});
  EXPECT_EQ(volume_.publish({{"a", "one"}, {"b", "three"}}, {.style = "vault"}), "b");
  EXPECT_EQ(names_in(volume_.path()), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(content_of("b"), "three");
}

TEST_F(Publisher, keeps_the_inode_when_it_writes_in_place) {
  volume_.publish({{"a", "one"}}, {.style = "in-place"});
  fs::create_hard_link(volume_.path() + "/a", pod_.directory() + "/same");
  volume_.publish({{"a", "two"}}, {.style = "in-place"});
  EXPECT_EQ(read_file(pod_.directory() + "/same"), "two");
}

TEST_F(Publisher, renames_a_new_directory_into_the_place_of_the_old_one) {
  for (const char* style : {"move", "exchange"}) {
    const Volume volume(pod_, style);
    volume.publish({{"app.yaml", "one"}, {"conf.d/a.yaml", "x"}}, {.style = style});
    const ino_t before = inode_of(volume.path() + "/current");
    volume.publish({{"app.yaml", "two"}}, {.style = style});
    EXPECT_NE(inode_of(volume.path() + "/current"), before) << style;
    EXPECT_EQ(names_in(volume.path()), std::set<std::string>{"current"}) << style;
    EXPECT_EQ(read_file(volume.path() + "/current/app.yaml"), "two") << style;
    EXPECT_EQ(read_file(volume.path() + "/current/conf.d/a.yaml"), "x") << style;
  }
}

TEST_F(Publisher, swaps_no_volume_before_all_are_complete) {
  std::vector<Volume> volumes = {volume_};
  PublishOptions options;
  for (int i = 0; i < 7; ++i) {
    volumes.emplace_back(pod_, "other-" + std::to_string(i));
    options.arguments.push_back(volumes.back().path());
  }
  volume_.publish({{"app.yaml", "one"}}, options);
  // Files change last when their generation is complete, links when they are renamed.
  std::int64_t last_complete = 0;
  std::int64_t first_swap = std::numeric_limits<std::int64_t>::max();
  for (const Volume& volume : volumes) {
    struct stat file {};
    struct stat link {};
    ASSERT_EQ(::stat((volume.path() + "/app.yaml").c_str(), &file), 0);
    ASSERT_EQ(::lstat((volume.path() + "/..data").c_str(), &link), 0);
    last_complete = std::max(last_complete, nanoseconds(file.st_ctim));
    first_swap = std::min(first_swap, nanoseconds(link.st_ctim));
    EXPECT_EQ(read_file(volume.path() + "/app.yaml"), "one");
  }
  EXPECT_LE(last_complete, first_swap);
}

TEST_F(Publisher, publishes_to_the_other_volumes_when_one_is_missing) {
  const Volume other(pod_, "other");
  const Completed completed =
      run(volume_.publisher({{"app.yaml", "one"}}, {.arguments = {"/no/such", other.path()}}));
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_NE(completed.errors.find("publish to /no/such"), std::string::npos) << completed.errors;
  EXPECT_EQ(content_of("app.yaml"), "one");
  EXPECT_EQ(read_file(other.path() + "/app.yaml"), "one");
}

TEST_F(Publisher, explains_why_it_failed) {
  Command command = volume_.publisher({{"../escape", "x"}});
  const Completed completed = run(command);
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_NE(completed.errors.find("../escape"), std::string::npos) << completed.errors;
}

// Calls of one update as strace saw them on a kubelet, with what varies replaced: V the volume, OLD
// and NEW the generations. Only what changes the volume.
TEST_F(Publisher, makes_the_system_calls_of_kubelet_in_their_order) {
  RELOADTRACE_REQUIRE(find_program("strace").empty()
                          ? std::optional<std::string>("needs strace: install the package strace")
                          : std::nullopt);
  const std::string old = volume_.publish({{"app.yaml", "one"}, {"limits.conf", "x"}});
  Command command =
      volume_.publisher({{"app.yaml", "two"}, {"new.yaml", "n"}}, {.remove = {"limits.conf"}});
  const std::string log = pod_.directory() + "/strace";
  const std::string traced =
      "trace=mkdirat,mkdir,fchmodat,fchmod,chmod,symlinkat,symlink,renameat,renameat2,rename,"
      "unlinkat,unlink,rmdir";
  const std::vector<std::string> strace = {"strace", "-qq", "-o", log, "-e", traced};
  command.argv.insert(command.argv.begin(), strace.begin(), strace.end());
  // The leak sanitizer, where it is built in, cannot work beside ptrace.
  command.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  run_or_throw(command);

  std::string calls = read_file(log);
  replace_all(calls, volume_.generation(), "NEW");
  replace_all(calls, volume_.path(), "V");
  replace_all(calls, old, "OLD");
  for (int fd = 3; fd < 10; ++fd) {
    replace_all(calls, "(" + std::to_string(fd) + ", ", "(FD, ");
  }
  while (calls.find("  =") != std::string::npos) {  // strace aligns the results
    replace_all(calls, "  =", " =");
  }
  EXPECT_EQ(calls, R"(mkdirat(AT_FDCWD, "V/NEW", 0700) = 0
fchmodat(AT_FDCWD, "V/NEW", 0755) = 0
fchmodat(AT_FDCWD, "V/NEW/app.yaml", 0644) = 0
fchmodat(AT_FDCWD, "V/NEW/new.yaml", 0644) = 0
symlinkat("NEW", AT_FDCWD, "V/..data_tmp") = 0
renameat(AT_FDCWD, "V/..data_tmp", AT_FDCWD, "V/..data") = 0
symlinkat("..data/new.yaml", AT_FDCWD, "V/new.yaml") = 0
unlinkat(AT_FDCWD, "V/limits.conf", 0) = 0
unlinkat(AT_FDCWD, "V/OLD", 0) = -1 EISDIR (Is a directory)
unlinkat(AT_FDCWD, "V/OLD", AT_REMOVEDIR) = -1 ENOTEMPTY (Directory not empty)
unlinkat(FD, "OLD", 0) = -1 EISDIR (Is a directory)
unlinkat(FD, "app.yaml", 0) = 0
unlinkat(FD, "limits.conf", 0) = 0
unlinkat(FD, "OLD", AT_REMOVEDIR) = 0
)");
}

}  // namespace
}  // namespace reloadtrace::testing
