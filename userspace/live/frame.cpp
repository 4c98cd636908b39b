// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/frame.h"

#include <algorithm>
#include <utility>

namespace reloadtrace::live {

Line& Line::add(std::string_view text, Style style) {
  if (!text.empty()) {
    pieces.push_back({std::string(text), style});
  }
  return *this;
}

std::size_t Line::width() const {
  std::size_t columns = 0;
  for (const Piece& piece : pieces) {
    columns += display_width(piece.text);
  }
  return columns;
}

bool Line::operator==(const Line& other) const {
  return inverse == other.inverse &&
         std::equal(
             pieces.begin(), pieces.end(), other.pieces.begin(), other.pieces.end(),
             [](const Piece& a, const Piece& b) { return a.style == b.style && a.text == b.text; });
}

Line fitted(Line line, std::size_t width, std::string_view ellipsis) {
  std::size_t used = 0;
  for (auto piece = line.pieces.begin(); piece != line.pieces.end(); ++piece) {
    const std::size_t wide = display_width(piece->text);
    if (used + wide > width) {
      piece->text = cut_end(piece->text, width - used, ellipsis);
      if (display_width(piece->text) > width - used) {
        piece->text.clear();  // not even the ellipsis has room
      }
      used += display_width(piece->text);
      line.pieces.erase(std::next(piece), line.pieces.end());
      break;
    }
    used += wide;
  }
  if (line.inverse) {
    line.add(std::string(width - used, ' '));
  }
  return line;
}

std::vector<Line> flowed(const std::vector<Piece>& pieces, std::size_t width, std::size_t indent) {
  indent = std::min(indent, width / 2);
  std::vector<Line> lines(1);
  for (const Piece& piece : pieces) {
    if (piece.text.empty()) {
      continue;
    }
    const std::size_t used = lines.back().width();
    if (used != 0 && used + 2 + display_width(piece.text) <= width) {
      lines.back().add("  ").add(piece.text, piece.style);
      continue;
    }
    for (const std::string& part : wrap(piece.text, width - (used == 0 ? 0 : indent))) {
      if (!lines.back().pieces.empty()) {
        lines.emplace_back().add(std::string(indent, ' '));
      }
      lines.back().add(part, piece.style);
    }
  }
  return lines;
}

Line flowed_in_one(const std::vector<Piece>& pieces, std::size_t width, std::string_view ellipsis) {
  Line line;
  std::size_t used = 0;
  for (const Piece& piece : pieces) {
    if (piece.text.empty()) {
      continue;
    }
    const std::size_t more = display_width(piece.text) + (used == 0 ? 0 : 2);
    if (used != 0 && used + more > width) {
      break;
    }
    line.add(used == 0 ? "" : "  ").add(piece.text, piece.style);
    used += more;
  }
  return fitted(std::move(line), width, ellipsis);
}

std::string plain(const Line& line) {
  std::string text;
  for (const Piece& piece : line.pieces) {
    text += piece.text;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace reloadtrace::live
