// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfOpen : public LiveSourceTest {};

TEST_F(BpfOpen, names_the_generation_of_a_file_opened_through_the_data_link) {
  start();
  const auto opens = of<OpenEvent>(trace([&] { return open_and_read(at("volume/app.yaml")); }));
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0].file.volume(), volume());
  EXPECT_EQ(opens[0].file.generation(), inode_of(at("volume/..one")));
  EXPECT_EQ(opens[0].file.inode(), inode_of(at("volume/..one/app.yaml")));
  EXPECT_EQ(opens[0].path, "..one/app.yaml");
  EXPECT_EQ(opens[0].file.size, 6U);
  EXPECT_EQ(opens[0].file.mode & S_IFMT, static_cast<unsigned>(S_IFREG));
  EXPECT_FALSE(opens[0].file.writable);
  EXPECT_FALSE(opens[0].file.unlinked);
}

TEST_F(BpfOpen, sees_each_system_call_that_opens) {
  start();
  const auto opens = of<OpenEvent>(trace([&] {
    const std::string path = at("volume/app.yaml");
    open_how how{};
    return ::syscall(SYS_open, path.c_str(), O_RDONLY) >= 0 &&
           ::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY) >= 0 &&
           ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how) >= 0;
  }));
  EXPECT_EQ(opens.size(), 3U);
}

TEST_F(BpfOpen, is_of_its_volume_though_its_number_was_that_of_another_ones_root) {
  start();
  const std::string gone = at("gone");
  std::filesystem::create_directory(gone);
  write_file(gone + "/app.yaml", "gone\n");
  const VolumeId reused = inode_of(gone);
  ASSERT_TRUE(source().track_volume(reused));
  EXPECT_EQ(of<OpenEvent>(trace([&] { return open_and_read(gone + "/app.yaml"); })).size(), 1U);
  std::filesystem::remove_all(gone);
  const auto name = [&](int i) { return at("volume/..one/file" + std::to_string(i)); };
  int found = -1;
  for (int i = 0; i < 2000 && found < 0; ++i) {
    write_file(name(i), "new\n");
    found = inode_of(name(i)).ino == reused.ino ? i : -1;
  }
  if (found < 0) {
    GTEST_SKIP() << "this file system gives no number out again so soon";
  }
  const auto opened = of<OpenEvent>(trace([&] { return open_and_read(name(found)); }));
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].file.volume(), volume());
  EXPECT_EQ(opened[0].path, "..one/file" + std::to_string(found));
}

TEST_F(BpfOpen, knows_a_volume_through_a_bind_mount) {
  start();
  std::filesystem::create_directories(at("mounted"));
  const auto opens = of<OpenEvent>(trace([&] {
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount(at("volume").c_str(), at("mounted").c_str(), nullptr, MS_BIND, nullptr) == 0 &&
           open_and_read(at("mounted/app.yaml"));
  }));
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0].path, "..one/app.yaml");
}

TEST_F(BpfOpen, knows_a_file_of_a_generation_bound_alone) {
  start();
  write_file(at("bound.yaml"), "");
  const auto opens = of<OpenEvent>(trace([&] {
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount(at("volume/..one/app.yaml").c_str(), at("bound.yaml").c_str(), nullptr, MS_BIND,
                   nullptr) == 0 &&
           open_and_read(at("bound.yaml"));
  }));
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0].file.generation(), inode_of(at("volume/..one")));
}

TEST_F(BpfOpen, knows_a_file_through_the_descriptor_of_a_deleted_directory) {
  start();
  std::filesystem::create_directories(at("volume/..old/deep"));
  write_file(at("volume/..old/deep/a.yaml"), "x");
  const InodeId generation = inode_of(at("volume/..old"));
  const auto reads = of<ReadEvent>(trace([&] {
    const int fd = ::open(at("volume/..old/deep/a.yaml").c_str(), O_RDONLY);
    std::filesystem::remove_all(at("volume/..old"));
    return fd >= 0 && read_to_end(fd);
  }));
  ASSERT_FALSE(reads.empty());
  EXPECT_EQ(reads[0].file.generation(), generation);
  EXPECT_EQ(reads[0].file.volume(), volume());
  EXPECT_TRUE(reads[0].file.unlinked);
}

TEST_F(BpfOpen, says_nothing_of_another_directory_of_the_same_device) {
  start();
  const auto events = trace([&] { return open_and_read(at("other/app.yaml")); });
  EXPECT_TRUE(of<OpenEvent>(events).empty());
  EXPECT_TRUE(of<ReadEvent>(events).empty());
}

TEST_F(BpfOpen, says_nothing_of_a_volume_that_was_forgotten) {
  start();
  ASSERT_TRUE(source().forget_volume(volume()));
  EXPECT_TRUE(of<OpenEvent>(trace([&] { return open_and_read(at("volume/app.yaml")); })).empty());
}

TEST_F(BpfOpen, counts_no_loss_for_a_deep_path_outside_of_volumes) {
  start();
  std::string deep = at("other");
  for (int i = 0; i < 40; ++i) {
    deep += "/d";
  }
  std::filesystem::create_directories(deep);
  write_file(deep + "/f", "x");
  EXPECT_TRUE(all<LossFact>(trace([&] { return open_and_read(deep + "/f"); })).empty());
}

TEST_F(BpfOpen, cuts_the_names_of_a_deep_file_at_the_top_and_keeps_its_leaf) {
  start();
  std::string deep = "volume/..one";
  for (int i = 0; i < 3; ++i) {
    deep += "/" + std::string(150, static_cast<char>('a' + i));
  }
  std::filesystem::create_directories(at(deep));
  write_file(at(deep + "/leaf"), "x");
  const auto events = trace([&] { return open_and_read(at(deep + "/leaf")); });
  const auto opens = of<OpenEvent>(events);
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_EQ(opens[0].path, std::string(150, 'b') + "/" + std::string(150, 'c') + "/leaf");
  EXPECT_EQ(opens[0].file.generation(), inode_of(at("volume/..one")));
  EXPECT_FALSE(all<LossFact>(events).empty());
}

TEST_F(BpfOpen, tells_an_open_that_can_write) {
  start();
  const auto opens = of<WriteOpenEvent>(
      trace([&] { return ::open(at("volume/new.yaml").c_str(), O_WRONLY | O_CREAT, 0644) >= 0; }));
  ASSERT_EQ(opens.size(), 1U);
  EXPECT_TRUE(opens[0].file.writable);
  EXPECT_TRUE(opens[0].file.writer_present);
  EXPECT_EQ(opens[0].path, "new.yaml");
  EXPECT_EQ(opens[0].file.generation_ino, 0U);
}

TEST_F(BpfOpen, reports_a_mapping_of_a_volume_file) {
  start();
  const auto maps = of<MapEvent>(trace([&] {
    const int fd = ::open(at("volume/app.yaml").c_str(), O_RDONLY);
    return ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED &&
           ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
  }));
  ASSERT_EQ(maps.size(), 1U);
  EXPECT_EQ(maps[0].path, "..one/app.yaml");
  EXPECT_EQ(maps[0].length, 4096U);
  EXPECT_EQ(maps[0].offset, 0U);
}

TEST_F(BpfOpen, reports_a_failed_open_of_a_known_name_by_a_process_in_scope) {
  start();
  ASSERT_TRUE(source().add_file_name("app.yaml"));
  const auto failures = of<OpenFailedEvent>(trace([&] {
    return open_and_read(at("volume/app.yaml")) &&  // that brings it into scope
           ::open(at("nowhere/app.yaml").c_str(), O_RDONLY) < 0 &&
           ::open(at("nowhere/another.yaml").c_str(), O_RDONLY) < 0;
  }));
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].path, at("nowhere/app.yaml"));
  EXPECT_EQ(failures[0].error, static_cast<unsigned>(ENOENT));
  EXPECT_EQ(failures[0].uid, 0U);
}

TEST_F(BpfOpen, says_nothing_of_a_failed_open_by_a_process_out_of_scope) {
  start();
  ASSERT_TRUE(source().add_file_name("app.yaml"));
  EXPECT_TRUE(of<OpenFailedEvent>(trace([&] {
                return ::open(at("nowhere/app.yaml").c_str(), O_RDONLY) < 0;
              })).empty());
}

TEST_F(BpfOpen, says_why_a_file_could_not_be_opened) {
  start();
  ASSERT_TRUE(source().add_file_name("app.yaml"));
  std::filesystem::permissions(at("volume/..one/app.yaml"), std::filesystem::perms::owner_read);
  std::filesystem::permissions(at(""), std::filesystem::perms::all);
  const auto failures = of<OpenFailedEvent>(trace([&] {
    return open_and_read(at("volume/app.yaml")) && ::setuid(65534) == 0 &&
           ::open(at("volume/app.yaml").c_str(), O_RDONLY) < 0;
  }));
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].error, static_cast<unsigned>(EACCES));
  EXPECT_EQ(failures[0].uid, 65534U);
}

}  // namespace
}  // namespace reloadtrace::testing
