// SPDX-License-Identifier: Apache-2.0
// How the table looks: colours, glyphs, and how pieces flow into lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/sink/text.h"

namespace reloadtrace {

// What the caller knows about the terminal (or whatever else the table goes to).
struct TableOptions {
  bool colour = false;
  int columns = 100;
  Charset charset = Charset::Utf8;
};

// By meaning; the palette is that of every terminal (SGR 1–36), so that light and dark ones work.
enum class Style { Plain, Bold, Dim, Good, Bad, Warn, Accent };
// What turns it on; "\x1b[0m" turns it off again. Empty for Plain.
std::string_view sgr_of(Style style);

struct Glyphs {
  std::string_view publish;
  std::string_view good;
  std::string_view bad;
  std::string_view unsure;
  std::string_view quiet;
  std::string_view arrow;
  std::string_view ellipsis;
};
const Glyphs& glyphs_of(Charset charset);

struct Piece {
  std::string text;  // printable
  Style style = Style::Plain;
};

// Builds lines of a width. Colour is put on after measuring, and never reaches over a line's end.
class Page {
 public:
  explicit Page(const TableOptions& options) : options_(options) {}

  // On the current line, as it is.
  Page& add(std::string_view text, Style style = Style::Plain);
  Page& end_line();

  // Pieces one after the other, two blanks between, from the current column on. One that does not
  // fit begins a new line at `indent`; one longer than a line is wrapped. Ends the line.
  void flow(const std::vector<Piece>& pieces, std::size_t indent);

  // As many of the first pieces as the current line has room for, each with two blanks behind it;
  // takes them out of `pieces`.
  void add_fitting(std::vector<Piece>& pieces);

  // A paragraph at `indent`, its first line led by `lead` (which the other lines are indented by).
  void paragraph(std::size_t indent, const Piece& lead, const Piece& text);

  std::size_t left() const { return width() > column_ ? width() - column_ : 0; }
  std::size_t width() const;
  std::string take() { return std::move(out_); }

 private:
  const TableOptions& options_;
  std::string out_;
  std::size_t column_ = 0;
};

}  // namespace reloadtrace
