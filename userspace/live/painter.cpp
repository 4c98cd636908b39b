// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/painter.h"

#include <fmt/format.h>

#include <iterator>

namespace reloadtrace::live {
namespace {

constexpr std::string_view kClear = "\x1b[0m\x1b[H\x1b[2J";
constexpr std::string_view kEraseRest = "\x1b[K";
constexpr std::string_view kInverse = "\x1b[7m";
constexpr std::string_view kPlain = "\x1b[0m";

}  // namespace

std::string Painter::paint(const Frame& frame, Size size) {
  std::string out;
  if (size != size_) {
    out = kClear;
    shown_.assign(size.rows, Line{});
    size_ = size;
  }
  for (std::size_t row = 0; row < size.rows; ++row) {
    const Line line = row < frame.size() ? frame[row] : Line{};
    if (line == shown_[row]) {
      continue;
    }
    fmt::format_to(std::back_inserter(out), "\x1b[{};1H", row + 1);
    append(out, line);
    // Behind a full line the cursor still stands on its last column, which would be erased.
    if (line.width() < size.columns) {
      out += kEraseRest;
    }
    shown_[row] = line;
  }
  return out;
}

void Painter::append(std::string& out, const Line& line) const {
  for (const Piece& piece : line.pieces) {
    const std::string_view style = colour_ ? sgr_of(piece.style) : std::string_view();
    out.append(line.inverse ? kInverse : "").append(style).append(piece.text);
    out.append(line.inverse || !style.empty() ? kPlain : "");
  }
}

}  // namespace reloadtrace::live
