// SPDX-License-Identifier: Apache-2.0
// The rows: which columns there is room for, how wide they are, what stands in them.
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include "userspace/engine/wording.h"
#include "userspace/live/parts.h"

namespace reloadtrace::live {
namespace {

enum Column : std::uint8_t { Pod, Reader, Volume, Generation, Verdict, Cause, Latency, Published };
constexpr std::size_t kColumns = 8;
constexpr std::size_t kMarkWidth = 2;  // of the cursor
constexpr std::size_t kGap = 2;

struct Description {
  std::string_view title;
  Sort sort;               // whose mark it bears
  std::size_t least;       // columns below which it is not shown
  std::size_t most;        // before all others have theirs
  bool numbers = false;    // to the right
  bool both_ends = false;  // of a name that is too long, its end tells as much as its beginning
};
constexpr std::array<Description, kColumns> kDescriptions = {{
    {"POD", Sort::Pod, 9, 28, false, true},
    {"CONTAINER", Sort::Reader, 6, 20, false, true},
    {"VOLUME", Sort::Volume, 9, 24, false, true},
    {"GENERATION", Sort::Generation, 11, 33, false, true},
    {"VERDICT", Sort::Attention, 1, kVerdictWidth + 1},
    {"CAUSE", Sort::Attention, 9, 18},
    {"LATENCY", Sort::Latency, kLatencyWidth + 1, kLatencyWidth + 1, true},
    {"PUBLISHED", Sort::Published, 10, 10, true},
}};
// What is shown where there is room for little.
constexpr std::array<Column, kColumns> kByWorth = {Reader,  Verdict, Volume,     Cause,
                                                   Latency, Pod,     Generation, Published};

using Cells = std::array<Piece, kColumns>;
using Widths = std::array<std::size_t, kColumns>;  // 0 = not shown

Cells cells_of(const Row& row, const Glyphs& glyphs, Timestamp now) {
  const Face face = face_of(row, glyphs);
  const Attention attention = row.attention();
  const Style quiet = attention == Attention::Ended ? Style::Dim : Style::Plain;
  const bool behind = attention == Attention::Failed && row.behind();
  Cells cells;
  cells[Pod] = {row.pod_cell(), attention == Attention::Ended ? Style::Dim : Style::Accent};
  cells[Reader] = {row.reader_cell(), quiet};
  cells[Volume] = {row.volume_cell(), quiet};
  cells[Generation] = {row.generation_cell(), behind ? Style::Bad : Style::Dim};
  cells[Verdict] = {std::string(face.glyph) + " " + std::string(face.word), face.style};
  if (!row.awaited()) {
    cells[Cause] = {row.cause_cell(), face.style};
  }
  if (row.awaited()) {
    const auto waited = row.latency(now);
    cells[Latency] = {waited ? say_age(*waited) : std::string(), Style::Dim};
  } else if (row.last()) {
    cells[Latency] = {latency_of(*row.last()), quiet};
  }
  if (row.published()) {
    cells[Published] = {say_age(now - row.published()) + " ago", Style::Dim};
  }
  return cells;
}

// The widest cells, of all rows: so nothing jumps while one moves through them. 0: all are empty.
Widths widths_wanted(const std::vector<const Row*>& rows) {
  Widths wanted{};
  wanted[Verdict] = kVerdictWidth + 1;
  wanted[Latency] = kDescriptions[Latency].least;
  wanted[Published] = kDescriptions[Published].least;
  const auto widen = [&](Column column, const std::string& cell) {
    wanted[column] = std::max(wanted[column], display_width(cell));
  };
  for (const Row* row : rows) {
    widen(Pod, row->pod_cell());
    widen(Reader, row->reader_cell());
    widen(Volume, row->volume_cell());
    widen(Generation, row->generation_cell());
    widen(Cause, row->cause_cell());
  }
  for (const Column column : {Pod, Reader, Volume, Generation, Cause}) {
    const std::size_t title = display_width(kDescriptions[column].title) + 1;  // and a mark
    wanted[column] = wanted[column] == 0 ? 0 : std::max(wanted[column], title);
  }
  return wanted;
}

Widths widths_that_fit(const Widths& wanted, std::size_t columns) {
  Widths widths{};
  std::size_t left = columns - std::min(columns, kMarkWidth);
  bool first = true;
  for (const Column column : kByWorth) {
    const Description& its = kDescriptions[column];
    const std::size_t gap = first ? 0 : kGap;
    if (wanted[column] == 0 || std::min(its.least, wanted[column]) + gap > left) {
      continue;
    }
    widths[column] = std::min({wanted[column], its.most, left - gap});
    left -= widths[column] + gap;
    first = false;
  }
  for (const Column column : kByWorth) {
    if (widths[column] != 0) {
      const std::size_t more = std::min(left, wanted[column] - widths[column]);
      widths[column] += more;
      left -= more;
    }
  }
  return widths;
}

Line line_of(const Cells& cells,
             const Widths& widths,
             std::string_view mark,
             bool inverse,
             std::string_view ellipsis) {
  Line line;
  line.inverse = inverse;
  line.add(pad_right(std::string(mark), kMarkWidth));
  bool first = true;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths[i] == 0) {
      continue;
    }
    line.add(std::exchange(first, false) ? "" : "  ");
    const bool both_ends = kDescriptions[i].both_ends && !ellipsis.empty();
    std::string text = both_ends ? cut_middle(cells[i].text, widths[i], ellipsis)
                                 : cut_end(cells[i].text, widths[i], ellipsis);
    text = kDescriptions[i].numbers ? pad_left(text, widths[i])
                                    : pad_right(std::move(text), widths[i]);
    line.add(text, cells[i].style);
  }
  return line;
}

Line titles(const View& view, const Widths& widths, const Marks& marks) {
  Cells cells;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const Description& column = kDescriptions[i];
    cells[i].text = widths[i] > 1 ? column.title : std::string_view();
    const bool sorted = column.sort == view.sort() && i != Cause;
    if (sorted && display_width(cells[i].text) < widths[i]) {
      cells[i].text += view.reversed() ? marks.up : marks.down;
    }
  }
  return line_of(cells, widths, "", true, "");
}

}  // namespace

Face face_of(reloadtrace::Verdict verdict, const Glyphs& glyphs) {
  const Look look = look_of(verdict, glyphs);
  return {look.glyph, look.style, name_of(verdict)};
}

Face face_of(const Row& row, const Glyphs& glyphs) {
  switch (row.attention()) {
    case Attention::Waiting:
      return {glyphs.arrow, Style::Accent, "waiting"};
    case Attention::Nothing:
      return {glyphs.quiet, Style::Dim, "no publish"};
    case Attention::Ended:
      return {glyphs.quiet, Style::Dim, "ended"};
    default:
      return face_of(row.last()->verdict, glyphs);
  }
}

const Marks& marks_of(Charset charset) {
  static constexpr Marks kUtf8 = {"▸", "↓", "↑"};
  static constexpr Marks kAscii = {">", "v", "^"};
  return charset == Charset::Utf8 ? kUtf8 : kAscii;
}

std::string say_age(Duration age) {
  using std::chrono::seconds;
  const auto whole = std::chrono::floor<seconds>(std::max(age, Duration::zero()));
  return whole < seconds(120) ? std::to_string(whole.count()) + " s" : say(whole);
}

std::vector<Line> list_lines(const Model& model,
                             const View& view,
                             const std::vector<const Row*>& shown,
                             View::Window window,
                             Size size,
                             Timestamp now) {
  const Glyphs& glyphs = glyphs_of(model.charset());
  const Marks& marks = marks_of(model.charset());
  const Widths widths = widths_that_fit(widths_wanted(shown), size.columns);
  std::vector<Line> lines = {titles(view, widths, marks)};
  if (shown.empty()) {
    lines.push_back(Line().add("  ").add(
        view.filter().empty() ? "nobody uses a volume that is watched"
                              : "nobody has this text in a cell: Esc ends the filter",
        Style::Dim));
  }
  const std::size_t end = std::min(shown.size(), window.first + size.rows - 1);
  for (std::size_t i = window.first; i < end; ++i) {
    const bool here = i == window.cursor;
    lines.push_back(line_of(cells_of(*shown[i], glyphs, now), widths, here ? marks.cursor : "",
                            here, glyphs.ellipsis));
  }
  return lines;
}

}  // namespace reloadtrace::live
