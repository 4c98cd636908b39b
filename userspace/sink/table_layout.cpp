// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/table_layout.h"

#include <algorithm>
#include <utility>

namespace reloadtrace {
namespace {

// A row with short names needs as much; narrower terminals wrap by themselves.
constexpr std::size_t kMinColumns = 60;

}  // namespace

std::string_view sgr_of(Style style) {
  switch (style) {
    case Style::Plain:
      return "";
    case Style::Bold:
      return "\x1b[1m";
    case Style::Dim:
      return "\x1b[2m";
    case Style::Good:
      return "\x1b[32m";
    case Style::Bad:
      return "\x1b[1;31m";
    case Style::Warn:
      return "\x1b[33m";
    case Style::Accent:
      return "\x1b[36m";
  }
  return "";
}

const Glyphs& glyphs_of(Charset charset) {
  static constexpr Glyphs kUtf8 = {"●", "✔", "✘", "?", "·", "→", "…"};
  static constexpr Glyphs kAscii = {"*", "+", "x", "?", "-", "->", "..."};
  return charset == Charset::Utf8 ? kUtf8 : kAscii;
}

std::size_t Page::width() const {
  return std::max(kMinColumns, static_cast<std::size_t>(std::max(options_.columns, 0)));
}

Page& Page::add(std::string_view text, Style style) {
  const std::string_view begin = options_.colour && !text.empty() ? sgr_of(style) : "";
  out_.append(begin).append(text).append(begin.empty() ? "" : "\x1b[0m");
  column_ += display_width(text);
  return *this;
}

Page& Page::end_line() {
  // Padding of a last column that turned out empty.
  while (!out_.empty() && out_.back() == ' ') {
    out_.pop_back();
  }
  out_ += '\n';
  column_ = 0;
  return *this;
}

void Page::flow(const std::vector<Piece>& pieces, std::size_t indent) {
  bool first_on_line = true;
  for (const Piece& piece : pieces) {
    if (piece.text.empty()) {
      continue;
    }
    const std::size_t gap = first_on_line ? 0 : 2;
    if (gap + display_width(piece.text) <= left()) {
      add(std::string(gap, ' ')).add(piece.text, piece.style);
      first_on_line = false;
      continue;
    }
    if (column_ > indent) {
      end_line();
    }
    bool first = true;
    for (const std::string& line : wrap(piece.text, width() - indent)) {
      if (!std::exchange(first, false)) {
        end_line();
      }
      add(std::string(indent - std::min(indent, column_), ' ')).add(line, piece.style);
    }
    first_on_line = false;
  }
  end_line();
}

void Page::add_fitting(std::vector<Piece>& pieces) {
  auto next = pieces.begin();
  while (next != pieces.end() && display_width(next->text) <= left()) {
    add(next->text, next->style);
    add(std::string(std::min<std::size_t>(2, left()), ' '));
    ++next;
  }
  pieces.erase(pieces.begin(), next);
}

void Page::paragraph(std::size_t indent, const Piece& lead, const Piece& text) {
  const std::size_t hang = indent + display_width(lead.text);
  bool first = true;
  for (const std::string& line : wrap(text.text, width() - std::min(hang, width()))) {
    add(std::string(first ? indent : hang, ' '));
    if (first) {
      add(lead.text, lead.style);
    }
    add(line, text.style).end_line();
    first = false;
  }
}

}  // namespace reloadtrace
