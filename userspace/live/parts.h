// SPDX-License-Identifier: Apache-2.0
// What lay_out() puts together.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/live/frame.h"
#include "userspace/live/model.h"
#include "userspace/live/view.h"

namespace reloadtrace::live {

// What stands for the state of a row.
struct Face {
  std::string_view glyph;
  Style style = Style::Plain;
  std::string_view word;  // "reloaded", "waiting"
};
Face face_of(const Row& row, const Glyphs& glyphs);
Face face_of(Verdict verdict, const Glyphs& glyphs);

// Beside those of the table.
struct Marks {
  std::string_view cursor;
  std::string_view down;
  std::string_view up;
};
const Marks& marks_of(Charset charset);

// "4 s", "2 min": ages that are drawn again each second.
std::string say_age(Duration age);

// Who and where, how many of each verdict, and what was lost. `roomy`: as many lines as that needs,
// else one.
std::vector<Line> header_lines(const Model& model,
                               const View& view,
                               const std::vector<const Row*>& shown,
                               std::size_t columns,
                               bool roomy,
                               Timestamp now);

// The titles, and one line for each row of the window.
std::vector<Line> list_lines(const Model& model,
                             const View& view,
                             const std::vector<const Row*>& shown,
                             View::Window window,
                             Size size,
                             Timestamp now);

// All that is known of one row.
std::vector<Line> detail_lines(const Model& model,
                               const Row& row,
                               std::size_t columns,
                               Timestamp now);

std::vector<Line> help_lines(std::size_t columns, Charset charset);

// The keys that do something now, or the filter that is being typed.
Line footer_line(const View& view, std::size_t columns, Charset charset);

}  // namespace reloadtrace::live
