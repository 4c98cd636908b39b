// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/layout.h"

#include <algorithm>
#include <utility>

#include "userspace/live/parts.h"

namespace reloadtrace::live {
namespace {

// Below these, rows of the terminal go to the rows of the list.
constexpr std::size_t kRoomyRows = 10;
constexpr std::size_t kRowsForMessage = 6;

void append(Frame& frame, std::vector<Line> lines) {
  frame.insert(frame.end(), std::make_move_iterator(lines.begin()),
               std::make_move_iterator(lines.end()));
}

std::string title_of(const Row& row) {
  std::string title;
  for (const std::string* part : {&row.pod_cell(), &row.reader_cell(), &row.volume_cell()}) {
    title += (title.empty() || part->empty() ? "" : "  ") + *part;
  }
  return title;
}

void append_text(Frame& frame,
                 View& view,
                 const std::string& title,
                 const std::vector<Line>& lines,
                 std::size_t rows) {
  Line head;
  head.inverse = true;
  frame.push_back(std::move(head.add(" " + title, Style::Bold)));
  const std::size_t page = rows - std::min<std::size_t>(rows, 1);
  const std::size_t top = view.scroll(lines.size(), page);
  const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(top);
  const auto left = static_cast<std::size_t>(lines.end() - begin);
  frame.insert(frame.end(), begin, begin + static_cast<std::ptrdiff_t>(std::min(left, page)));
}

void append_body(Frame& frame,
                 const Model& model,
                 View& view,
                 const std::vector<const Row*>& shown,
                 Size body,
                 Timestamp now) {
  if (view.mode() == View::Mode::Help) {
    append_text(frame, view, "Keys", help_lines(body.columns, model.charset()), body.rows);
    return;
  }
  if (view.mode() == View::Mode::Detail) {
    if (const Row* row = model.row(view.opened())) {
      append_text(frame, view, title_of(*row), detail_lines(model, *row, body.columns, now),
                  body.rows);
      return;
    }
    view.close_opened();  // it ended, and was forgotten
  }
  const View::Window window = view.follow(shown, body.rows - 1);
  append(frame, list_lines(model, view, shown, window, body, now));
}

Line message_line(const Model& model) {
  Line line;
  return line.add(printable(model.message(), model.charset()), Style::Warn);
}

}  // namespace

Frame lay_out(const Model& model, View& view, Size size, Timestamp now) {
  Frame frame;
  const auto shown = arrange(model, view.sort(), view.reversed(), view.filter(), now);
  if (size.rows >= 3) {
    append(frame, header_lines(model, view, shown, size.columns, size.rows >= kRoomyRows, now));
  }
  std::size_t below = size.rows >= 2 ? 1 : 0;
  const bool message = size.rows >= kRowsForMessage && !model.message().empty();
  below += message ? 1 : 0;
  // A narrow terminal may wrap a header to many lines.
  if (frame.size() + below + 2 > size.rows) {
    frame.resize(size.rows - std::min(size.rows, below + 2));
  }
  const std::size_t above = frame.size();
  const std::size_t room = size.rows - std::min(size.rows, above + below);
  if (room > 0) {
    append_body(frame, model, view, shown, {size.columns, room}, now);
  }
  frame.resize(size.rows - std::min(size.rows, below));
  if (message) {
    frame.push_back(message_line(model));
  }
  if (size.rows >= 2) {
    frame.push_back(footer_line(view, size.columns, model.charset()));
  }
  for (Line& line : frame) {
    line = fitted(std::move(line), size.columns, glyphs_of(model.charset()).ellipsis);
  }
  return frame;
}

}  // namespace reloadtrace::live
