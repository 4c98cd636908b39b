// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/text.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

std::string utf8(std::string_view text) {
  return printable(text, Charset::Utf8);
}
std::string ascii(std::string_view text) {
  return printable(text, Charset::Ascii);
}

TEST(Text, leaves_ordinary_names_alone) {
  EXPECT_EQ(utf8("app-1_x.yaml"), "app-1_x.yaml");
  EXPECT_EQ(utf8("größe → 設定 🙂"), "größe → 設定 🙂");
}

TEST(Text, escapes_whatever_moves_the_cursor_or_changes_a_colour) {
  EXPECT_EQ(utf8("a\nb\tc\rd"), R"(a\nb\tc\rd)");
  EXPECT_EQ(utf8("\x1b[2J\x07\x7f"), R"(\x1b[2J\x07\x7f)");
  EXPECT_EQ(utf8(std::string("a\0b", 3)), R"(a\x00b)");
  EXPECT_EQ(utf8("\xc2\x9b"), R"(\u009b)");  // the one-byte CSI
}

TEST(Text, escapes_what_is_invisible_or_turns_the_direction) {
  EXPECT_EQ(utf8("safe\u202egnp.exe"), R"(safe\u202egnp.exe)");
  EXPECT_EQ(utf8("a\u200bb\ufeff"), R"(a\u200bb\ufeff)");
  EXPECT_EQ(utf8("\U000e0041"), R"(\U000e0041)");
}

TEST(Text, escapes_bytes_that_are_no_UTF_8) {
  EXPECT_EQ(utf8("caf\xe9"), R"(caf\xe9)");
  EXPECT_EQ(utf8("\xc0\xaf"), R"(\xc0\xaf)");          // overlong
  EXPECT_EQ(utf8("\xed\xa0\x80"), R"(\xed\xa0\x80)");  // surrogate
  EXPECT_EQ(utf8("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");
  EXPECT_EQ(utf8("x\xe2\x82"), R"(x\xe2\x82)");  // cut short
}

TEST(Text, keeps_to_ASCII_where_the_locale_has_no_more) {
  EXPECT_EQ(ascii("a → b… 5 µs"), "a -> b... 5 us");
  EXPECT_EQ(ascii("größe"), R"(gr\u00f6\u00dfe)");
}

TEST(Text, measures_columns_rather_than_bytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("größe"), 5U);
  EXPECT_EQ(display_width("設定"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
}

TEST(Text, cuts_between_characters_and_shows_that_it_did) {
  EXPECT_EQ(cut_end("container", 9, "…"), "container");
  EXPECT_EQ(cut_end("container", 6, "…"), "conta…");
  EXPECT_EQ(cut_end("設定設定", 4, "…"), "設…");
  EXPECT_EQ(cut_middle("kube-prometheus-config-reloader", 15, "…"), "kube-pr…eloader");
  EXPECT_EQ(cut_middle("container", 2, "..."), "...");
}

TEST(Text, pads_by_columns) {
  EXPECT_EQ(pad_right("größe", 7), "größe  ");
  EXPECT_EQ(pad_left("2.4 ms", 8), "  2.4 ms");
  EXPECT_EQ(pad_left("too long", 3), "too long");
}

using Lines = std::vector<std::string>;

TEST(Text, wraps_at_blanks) {
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("one  two ", 20), (Lines{"one two"}));
  EXPECT_EQ(wrap("", 20), (Lines{}));
}

TEST(Text, breaks_a_word_that_is_longer_than_a_line) {
  EXPECT_EQ(wrap("see /very/long/path now", 8), (Lines{"see", "/very/lo", "ng/path", "now"}));
  EXPECT_EQ(wrap("設定", 0), (Lines{"設", "定"}));
}

}  // namespace
}  // namespace reloadtrace
