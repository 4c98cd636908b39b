// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "userspace/live/parts.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace::live {
namespace {

std::string clock(const Model& model, Timestamp now) {
  constexpr std::size_t kWithoutMilliseconds = 8;
  return time_of_day(now, model.wall_offset_ns()).substr(0, kWithoutMilliseconds) + " UTC";
}

std::vector<Piece> identity(const Model& model, Timestamp now) {
  if (!model.start()) {
    return {{"reloadtrace", Style::Bold}, {"looking at what is on this node", Style::Dim}};
  }
  const StartReport& start = *model.start();
  const auto safe = [&](const std::string& text) { return printable(text, model.charset()); };
  const auto missing =
      static_cast<std::size_t>(std::count_if(start.hooks.begin(), start.hooks.end(), is_missing));
  return {{"reloadtrace " + safe(start.version), Style::Bold},
          {"node " + safe(start.node)},
          {"kernel " + safe(start.kernel)},
          {plural(model.volumes(), "volume") + ", " + plural(model.readers(), "reader")},
          {fmt::format("hooks {}/{}", start.hooks.size() - missing, start.hooks.size()),
           missing == 0 ? Style::Plain : Style::Warn},
          {clock(model, now), Style::Dim}};
}

// "✘ 3 stale  ✔ 2 reloaded", of all rows.
std::vector<Piece> tally(const Model& model) {
  const Glyphs& glyphs = glyphs_of(model.charset());
  std::map<std::pair<Attention, std::string_view>, std::pair<Face, std::size_t>> counts;
  for (const auto& [key, row] : model.rows()) {
    const Face face = face_of(row, glyphs);
    auto& [said, count] = counts[{row.attention(), face.word}];
    said = face;
    ++count;
  }
  std::vector<Piece> pieces;
  for (const auto& [what, counted] : counts) {
    const auto& [face, count] = counted;
    pieces.push_back({fmt::format("{} {} {}", face.glyph, count, face.word), face.style});
  }
  return pieces;
}

std::vector<Piece> choice(const Model& model,
                          const View& view,
                          const std::vector<const Row*>& shown) {
  std::vector<Piece> pieces;
  if (!view.filter().empty()) {
    pieces.push_back(
        {fmt::format("filter \"{}\": {} of {}", printable(view.filter(), model.charset()),
                     shown.size(), model.rows().size()),
         Style::Accent});
  }
  return pieces;
}

std::vector<Piece> losses(const Model& model) {
  std::vector<Piece> pieces;
  if (!model.lost().empty()) {
    std::string causes;
    for (const auto& [cause, count] : model.lost()) {
      causes += fmt::format("{}{} {}", causes.empty() ? "" : ", ",
                            printable(cause, model.charset()), count);
    }
    pieces.push_back(
        {fmt::format("! {} lost ({})", plural(total(model.lost()), "event"), causes), Style::Bad});
  }
  if (model.dropped() != 0) {
    pieces.push_back({fmt::format("! {} dropped: the output was read too slowly",
                                  plural(model.dropped(), "line")),
                      Style::Bad});
  }
  return pieces;
}

}  // namespace

std::vector<Line> header_lines(const Model& model,
                               const View& view,
                               const std::vector<const Row*>& shown,
                               std::size_t columns,
                               bool roomy,
                               Timestamp now) {
  const std::string_view ellipsis = glyphs_of(model.charset()).ellipsis;
  std::vector<Piece> who = identity(model, now);
  std::vector<Piece> how = choice(model, view, shown);
  for (Piece& piece : tally(model)) {
    how.push_back(std::move(piece));
  }
  const std::vector<Piece> lost = losses(model);
  if (!roomy) {
    return {flowed_in_one(!lost.empty() ? lost : !how.empty() ? how : who, columns, ellipsis)};
  }
  std::vector<Line> lines = flowed(who, columns, 2);
  lines.push_back(flowed_in_one(how, columns, ellipsis));
  if (!lost.empty()) {
    lines.push_back(flowed_in_one(lost, columns, ellipsis));
  }
  return lines;
}

}  // namespace reloadtrace::live
