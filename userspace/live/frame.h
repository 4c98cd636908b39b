// SPDX-License-Identifier: Apache-2.0
// What a screen shows: lines of styled text, measured in columns. No terminal here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/sink/table_layout.h"

namespace reloadtrace::live {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;

  bool operator==(const Size&) const = default;
};

struct Line {
  std::vector<Piece> pieces;  // printable
  bool inverse = false;       // titles, and the row that the keys are about

  Line& add(std::string_view text, Style style = Style::Plain);
  std::size_t width() const;
  bool operator==(const Line& other) const;
};

// As many lines as the screen has rows, none wider than it.
using Frame = std::vector<Line>;

// At most `width` columns of it; an inverse line gets blanks up to there.
Line fitted(Line line, std::size_t width, std::string_view ellipsis);

// Pieces with two blanks between, in as many lines of `width` as they need, the later ones
// indented.
std::vector<Line> flowed(const std::vector<Piece>& pieces, std::size_t width, std::size_t indent);

// The same, in one line: those that do not fit are left out, from the end.
Line flowed_in_one(const std::vector<Piece>& pieces, std::size_t width, std::string_view ellipsis);

// Without styles and blanks at the end.
std::string plain(const Line& line);

}  // namespace reloadtrace::live
