// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/inventory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "fake_node.h"
#include "userspace/node/siphash.h"

namespace reloadtrace::node {

namespace {

namespace fs = std::filesystem;

class InventoryOf : public testing::Test {
 protected:
  Inventory take(bool plain = true, const InventoryBounds& bounds = {}) {
    const UniqueFd top(::open(root.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return take_inventory(top.get(), plain, contents, bounds);
  }
  void put(const std::string& name, const std::string& text) {
    write_file(root.path() + "/" + name, text);
  }
  static std::string names(const Inventory& inventory) {
    std::string text;
    for (const FileFact& file : inventory.files) {
      text += file.path + " ";
    }
    return text;
  }

  TemporaryDirectory root;
  ContentIds contents;
};

TEST(SipHash, agrees_with_the_reference_vectors) {
  const std::array<std::uint64_t, 2> key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  SipHash128 empty(key);
  EXPECT_EQ(empty.finish(), (Digest{0xe6a825ba047f81a3ULL, 0x930255c71472f66dULL}));
  SipHash128 one(key);
  const std::array<std::byte, 1> zero{};
  one.update(zero);
  EXPECT_EQ(one.finish(), (Digest{0x44af996bd8c187daULL, 0x45fc229b11597634ULL}));
}

TEST(SipHash, does_not_care_how_the_bytes_are_cut) {
  std::array<std::byte, 100> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(i * 7);
  }
  SipHash128 whole({1, 2});
  whole.update(bytes);
  const Digest expected = whole.finish();
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    SipHash128 pieces({1, 2});
    pieces.update(std::span(bytes).first(cut));
    pieces.update(std::span(bytes).subspan(cut));
    EXPECT_EQ(pieces.finish(), expected) << cut;
  }
}

TEST_F(InventoryOf, equal_bytes_have_equal_numbers) {
  put("a", "same");
  put("b", "same");
  put("c", "other");
  put("d", "");
  const Inventory found = take();
  ASSERT_EQ(found.files.size(), 4U);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.files[0].content, found.files[1].content);
  EXPECT_NE(found.files[0].content, found.files[2].content);
  EXPECT_NE(found.files[3].content, 0U);
  EXPECT_EQ(found.files[0].size, 4U);
}

TEST_F(InventoryOf, a_plain_volume_skips_dot_dot_names_and_links_that_leave_it) {
  put("app.yaml", "x");
  put("conf.d/a.yaml", "y");
  put("..2026/hidden", "z");
  fs::create_symlink("conf.d/a.yaml", root.path() + "/inside");
  fs::create_symlink("/etc/passwd", root.path() + "/outside");
  fs::create_symlink("../../../../../../etc/passwd", root.path() + "/outside2");
  fs::create_symlink("conf.d", root.path() + "/directory");
  fs::create_symlink("loop", root.path() + "/loop");
  const Inventory found = take();
  EXPECT_EQ(names(found), "app.yaml conf.d/a.yaml inside ");
  EXPECT_EQ(found.files[1].ino, found.files[2].ino);
  EXPECT_EQ(found.links.size(), 5U);
  EXPECT_EQ(names(take(false)), "..2026/hidden app.yaml conf.d/a.yaml inside ");
}

TEST_F(InventoryOf, does_not_hang_on_a_fifo) {
  ASSERT_EQ(::mkfifo((root.path() + "/fifo").c_str(), 0600), 0);
  fs::create_symlink("fifo", root.path() + "/link");
  put("app.yaml", "x");
  EXPECT_EQ(names(take()), "app.yaml ");
}

TEST_F(InventoryOf, says_when_a_bound_was_met) {
  for (int i = 0; i < 20; ++i) {
    put("f" + std::to_string(i), "x");
  }
  EXPECT_FALSE(take(true, {.depth = 16, .entries = 10}).complete);
  std::string deep;
  for (int i = 0; i < 20; ++i) {
    deep += "d/";
  }
  put(deep + "bottom", "x");
  const Inventory found = take();
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.files.size(), 20U);
}

TEST_F(InventoryOf, takes_names_that_are_no_text) {
  put("new\nline", "x");
  put("\xff\xfe", "y");
  EXPECT_EQ(take().files.size(), 2U);
}

TEST_F(InventoryOf, tells_a_huge_file_apart_without_reading_it) {
  put("huge", "");
  ASSERT_EQ(::truncate((root.path() + "/huge").c_str(), 100LL << 30), 0);
  const auto before = take().files;
  EXPECT_NE(before.at(0).content, 0U);
  EXPECT_TRUE(changes_between(before, take().files).empty());
  ASSERT_EQ(::truncate((root.path() + "/huge").c_str(), 101LL << 30), 0);
  EXPECT_EQ(changes_between(before, take().files).size(), 1U);
}

TEST_F(InventoryOf, changes_are_modified_added_and_removed_files) {
  put("a", "1");
  put("b", "1");
  put("c", "1");
  const auto before = take().files;
  EXPECT_TRUE(changes_between(before, take().files).empty());
  fs::remove(root.path() + "/a");
  put("b", "1");  // the same bytes again
  put("c", "2");
  put("d", "1");
  const auto changes = changes_between(before, take().files);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].path, "a");
  EXPECT_EQ(changes[0].kind, ChangeKind::Removed);
  EXPECT_EQ(changes[1].path, "c");
  EXPECT_EQ(changes[1].kind, ChangeKind::Modified);
  EXPECT_EQ(changes[2].path, "d");
  EXPECT_EQ(changes[2].kind, ChangeKind::Added);
}

}  // namespace

}  // namespace reloadtrace::node
