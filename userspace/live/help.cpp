// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "userspace/live/parts.h"

namespace reloadtrace::live {
namespace {

using Help = std::pair<std::string_view, std::string_view>;

constexpr std::array<Help, 10> kKeys = {{
    {"up down j k", "move, as do PgUp, PgDn, space, Home, End, g and G"},
    {"Enter", "open a reader: evidence, advice, files, processes, its last verdicts"},
    {"Esc q", "back to the list; q in the list ends the trace, as Ctrl-C does"},
    {"s", "sort by the next column; first comes what needs attention"},
    {"r", "reverse the order"},
    {"/", "only rows with this text in them; Enter keeps the filter, Esc ends it"},
    {"Ctrl-L", "paint the screen anew"},
    {"Ctrl-Z", "stop; fg goes on (what happens meanwhile may be lost)"},
    {"?", "this page"},
    {"", "reloadtrace explain VERDICT says what a verdict or cause means"},
}};

constexpr std::array<Help, 4> kColumns = {{
    {"GENERATION", "what the reader is known to have read last; ? when that is not known"},
    {"LATENCY", "from the publish to the end of the reread, or to the verdict"},
    {"waiting", "published, and no verdict yet: it comes with the reread or the deadline"},
    {"no publish", "none since the trace began"},
}};

void append(std::vector<Line>& lines, const Help& help, std::size_t columns, Charset charset) {
  constexpr std::size_t kWidth = 14;
  const std::size_t indent = columns > 3 * kWidth ? kWidth : 2;
  bool first = true;
  for (const std::string& text :
       wrap(printable(help.second, charset), columns - std::min(columns, indent))) {
    Line line;
    line.add(pad_right(std::string(first ? help.first : ""), indent), Style::Bold).add(text);
    lines.push_back(std::move(line));
    first = false;
  }
}

}  // namespace

std::vector<Line> help_lines(std::size_t columns, Charset charset) {
  std::vector<Line> lines(1);
  for (const Help& help : kKeys) {
    append(lines, help, columns, charset);
  }
  lines.emplace_back();
  for (const Help& help : kColumns) {
    append(lines, help, columns, charset);
  }
  return lines;
}

Line footer_line(const View& view, std::size_t columns, Charset charset) {
  const std::string_view ellipsis = glyphs_of(charset).ellipsis;
  std::vector<Help> keys;
  switch (view.mode()) {
    case View::Mode::Filter: {
      const std::string typed = "/" + printable(view.filter(), charset) + "_";
      return flowed_in_one({{typed, Style::Accent}, {"Enter keeps it, Esc ends it", Style::Dim}},
                           columns, ellipsis);
    }
    case View::Mode::List:
      keys = {{"q", "quit"},    {"Enter", "open"}, {"s", "sort"},
              {"r", "reverse"}, {"/", "filter"},   {"?", "help"}};
      break;
    case View::Mode::Detail:
      keys = {{"Esc", "back"}, {"j k", "scroll"}, {"?", "help"}};
      break;
    case View::Mode::Help:
      keys = {{"Esc", "back"}, {"j k", "scroll"}};
      break;
  }
  Line line;
  for (const auto& [key, does] : keys) {
    const std::size_t more = key.size() + 1 + does.size() + (line.pieces.empty() ? 0 : 2);
    if (line.width() + more > columns) {
      break;
    }
    line.add(line.pieces.empty() ? "" : "  ").add(key, Style::Bold).add(" ").add(does, Style::Dim);
  }
  return line;
}

}  // namespace reloadtrace::live
