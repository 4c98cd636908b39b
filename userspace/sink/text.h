// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: made harmless, measured, cut and wrapped.
//
// Widths are in columns and good enough: combining marks take none, East Asian wide characters and
// emoji two, everything else one. All functions but printable() expect what printable() returned.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reloadtrace {

enum class Charset { Ascii, Utf8 };

// Nothing in the result moves a cursor, changes a colour or reorders text: control characters
// become \n, \t or \x1b, invisible and direction-changing ones \u202e, bytes that are no UTF-8
// \xff. For Ascii everything beyond ASCII is escaped too, but for the dashes, dots and arrows that
// our own sentences use.
std::string printable(std::string_view text, Charset charset);

std::size_t display_width(std::string_view text);

// At most `width` columns; what goes is shown as `ellipsis`, at the end or in the middle.
std::string cut_end(std::string_view text, std::size_t width, std::string_view ellipsis);
std::string cut_middle(std::string_view text, std::size_t width, std::string_view ellipsis);

// Blanks to `width` columns; longer text stays as it is.
std::string pad_right(std::string text, std::size_t width);
std::string pad_left(const std::string& text, std::size_t width);

// Lines of at most `width` columns, broken at blanks; a longer word is broken where the line ends.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace reloadtrace
