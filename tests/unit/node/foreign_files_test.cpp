// SPDX-License-Identifier: Apache-2.0
// Directories that want to make us read the host's files, wait, do something, or fill our memory.
#include "userspace/node/foreign_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "fake_node.h"
#include "userspace/node/files.h"
#include "userspace/node/inventory.h"

namespace reloadtrace::node {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 4096;
constexpr const char* kTheHosts = "of the host alone";

// root/ is what a container sees as /, root/config the volume; the host's file lies beside both.
class ForeignFiles : public testing::Test {
 protected:
  ForeignFiles() {
    fs::create_directories(inside("config/sub"));
    write_file(host_.path() + "/shadow", kTheHosts);
    write_file(inside("config/app.yaml"), "of the volume");
    write_file(inside("shadow"), "of the container");
    fs::create_directory_symlink(host_.path(), inside("out"));
    volume_.reset(::open(inside("config").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    root_.reset(::open(inside("").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  std::string inside(const std::string& name) const { return host_.path() + "/root/" + name; }
  void link(const std::string& to, const std::string& name = "config/link") const {
    fs::remove(inside(name));
    fs::create_symlink(to, inside(name));
  }
  std::optional<std::string> read(const std::string& name) const {
    return read_file_beneath(volume_.get(), name, kLimit);
  }

  TemporaryDirectory host_;
  UniqueFd volume_;
  UniqueFd root_;
};

TEST_F(ForeignFiles, are_read_where_a_link_stays_in_the_directory) {
  EXPECT_EQ(read("app.yaml"), "of the volume");
  link("sub/../app.yaml");
  EXPECT_EQ(read("link"), "of the volume");
}

TEST_F(ForeignFiles, are_refused_where_a_link_leads_out_of_the_directory) {
  for (const std::string& to :
       {std::string("/etc/passwd"), host_.path() + "/shadow", std::string("../shadow"),
        std::string("../../shadow"), std::string("../../../../../../../../etc/passwd"),
        std::string("sub/../../shadow"), std::string("/proc/self/root/etc/passwd"),
        std::string("/proc/self/cwd"), std::string("/proc/thread-self/fd/0"),
        inside("config/app.yaml")}) {
    link(to);
    EXPECT_EQ(read("link"), std::nullopt) << to;
  }
  link("../..", "config/sub/up");
  EXPECT_EQ(read("sub/up/shadow"), std::nullopt);
  EXPECT_EQ(read("../shadow"), std::nullopt);
  EXPECT_EQ(read("/etc/passwd"), std::nullopt);
}

TEST_F(ForeignFiles, are_refused_where_links_go_round) {
  link("link");
  EXPECT_EQ(read("link"), std::nullopt);
  link("other");
  link("link", "config/other");
  EXPECT_EQ(read("link"), std::nullopt);
}

// With /proc itself for the directory, its links lead anywhere without leaving it by name.
TEST_F(ForeignFiles, are_never_reached_through_the_links_of_proc) {
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::string self = std::to_string(::getpid());
  EXPECT_FALSE(open_beneath(proc.get(), self + "/root/etc/passwd", O_PATH));
  EXPECT_FALSE(open_beneath(proc.get(), self + "/cwd", O_PATH));
  EXPECT_FALSE(open_beneath(proc.get(), self + "/exe", O_PATH));
  EXPECT_FALSE(open_in_root(proc.get(), "/" + self + "/root/etc"));
}

TEST_F(ForeignFiles, of_an_absolute_link_are_those_of_the_containers_root) {
  struct stat wanted {};
  struct stat found {};
  ASSERT_EQ(::stat(inside("config").c_str(), &wanted), 0);
  link("/config", "etc");
  link("../../../../config", "up");
  for (const char* path : {"/config", "/etc", "/up", "/../../config", "/etc/../etc"}) {
    const UniqueFd fd = open_in_root(root_.get(), path);
    ASSERT_TRUE(fd) << path;
    ASSERT_EQ(::fstat(fd.get(), &found), 0);
    EXPECT_EQ(found.st_ino, wanted.st_ino) << path;
  }
  EXPECT_FALSE(open_in_root(root_.get(), "/out/root")) << "the host's directory, by its host path";
}

TEST_F(ForeignFiles, are_regular_files_and_nothing_is_waited_for) {
  ASSERT_EQ(::mkfifo(inside("config/fifo").c_str(), 0666), 0);
  EXPECT_EQ(read("fifo"), std::nullopt);
  EXPECT_EQ(read("sub"), std::nullopt);
  link("fifo");
  EXPECT_EQ(read("link"), std::nullopt);
  if (::mknod(inside("config/zero").c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0) {
    EXPECT_EQ(read("zero"), std::nullopt);
  }
  const UniqueFd zero(::open("/dev/zero", O_PATH | O_CLOEXEC));
  struct stat status {};
  EXPECT_FALSE(open_regular(zero.get(), status));
}

TEST_F(ForeignFiles, are_refused_when_they_are_larger_than_the_bound) {
  write_file(inside("config/app.yaml"), std::string(kLimit, 'x'));
  EXPECT_EQ(read("app.yaml").value_or("").size(), kLimit);
  write_file(inside("config/app.yaml"), std::string(kLimit + 1, 'x'));
  EXPECT_EQ(read("app.yaml"), std::nullopt);
  ASSERT_EQ(::truncate(inside("config/app.yaml").c_str(), off_t{1} << 40), 0);
  EXPECT_EQ(read("app.yaml"), std::nullopt);
}

TEST_F(ForeignFiles, of_a_huge_hole_are_told_apart_without_being_read) {
  ASSERT_EQ(::truncate(inside("config/app.yaml").c_str(), off_t{1} << 40), 0);
  ContentIds contents;
  const auto fact = read_file_fact(volume_.get(), "app.yaml", contents);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->size, std::uint64_t{1} << 40);
  EXPECT_NE(fact->content, 0U);
}

// Another name for what was found may be put in its place at any moment.
TEST_F(ForeignFiles, are_those_that_were_looked_at_while_somebody_swaps_them) {
  std::atomic<bool> over = false;
  ASSERT_EQ(::mkfifo(inside("fifo").c_str(), 0666), 0);
  std::thread swapper([&] {
    while (!over) {
      for (const char* to : {"../shadow", "/etc/passwd", "app.yaml"}) {
        fs::remove(inside("next"));
        fs::create_symlink(to, inside("next"));
        fs::rename(inside("next"), inside("config/link"));
      }
      fs::create_hard_link(inside("fifo"), inside("next"));
      fs::rename(inside("next"), inside("config/link"));
    }
  });
  for (int turn = 0; turn < 5000; ++turn) {
    if (const auto text = read("link")) {
      ASSERT_EQ(*text, "of the volume");
    }
  }
  over = true;
  swapper.join();
}

}  // namespace
}  // namespace reloadtrace::node
