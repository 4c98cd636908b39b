// SPDX-License-Identifier: Apache-2.0
// What is sent to a terminal.
#include "userspace/live/painter.h"

#include <gtest/gtest.h>

namespace reloadtrace::live {
namespace {

Line line(std::string_view text, Style style = Style::Plain, bool inverse = false) {
  Line out;
  out.add(text, style);
  out.inverse = inverse;
  return out;
}

TEST(Painter, sends_only_lines_that_changed) {
  Painter painter(false);
  const Size size{10, 3};
  EXPECT_EQ(painter.paint({line("one"), line("two"), line("")}, size),
            "\x1b[0m\x1b[H\x1b[2J\x1b[1;1Hone\x1b[K\x1b[2;1Htwo\x1b[K");
  EXPECT_EQ(painter.paint({line("one"), line("two"), line("")}, size), "");
  EXPECT_EQ(painter.paint({line("one"), line("2"), line("")}, size), "\x1b[2;1H2\x1b[K");
  EXPECT_EQ(painter.paint({line("one"), line(""), line("")}, size), "\x1b[2;1H\x1b[K");
}

TEST(Painter, begins_anew_when_the_size_changed_or_somebody_else_wrote) {
  Painter painter(false);
  painter.paint({line("one")}, {10, 1});
  EXPECT_EQ(painter.paint({line("one")}, {9, 1}), "\x1b[0m\x1b[H\x1b[2J\x1b[1;1Hone\x1b[K");
  painter.forget();
  EXPECT_EQ(painter.paint({line("one")}, {9, 1}), "\x1b[0m\x1b[H\x1b[2J\x1b[1;1Hone\x1b[K");
}

TEST(Painter, erases_nothing_behind_a_full_line) {
  Painter painter(false);
  painter.paint({line("")}, {3, 1});
  EXPECT_EQ(painter.paint({line("abc")}, {3, 1}), "\x1b[1;1Habc");
}

TEST(Painter, uses_colour_only_when_it_may) {
  Painter with(true);
  with.paint({line("")}, {9, 1});
  EXPECT_EQ(with.paint({line("x", Style::Bad)}, {9, 1}), "\x1b[1;1H\x1b[1;31mx\x1b[0m\x1b[K");
  Painter without(false);
  without.paint({line("")}, {9, 1});
  EXPECT_EQ(without.paint({line("x", Style::Bad)}, {9, 1}), "\x1b[1;1Hx\x1b[K");
  EXPECT_EQ(without.paint({line("x", Style::Bad, true)}, {9, 1}), "\x1b[1;1H\x1b[7mx\x1b[0m\x1b[K");
}

}  // namespace
}  // namespace reloadtrace::live
