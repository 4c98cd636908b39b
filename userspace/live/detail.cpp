// SPDX-License-Identifier: Apache-2.0
// One reader, opened: what was said of it, and why.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "userspace/engine/wording.h"
#include "userspace/live/parts.h"
#include "userspace/sink/secrecy.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace::live {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kNameWidth = 12;

class Text {
 public:
  Text(const Model& model, const Row& row, std::size_t columns, Timestamp now)
      : model_(model),
        row_(row),
        columns_(columns),
        now_(now),
        glyphs_(glyphs_of(model.charset())) {}

  std::vector<Line> lines() {
    if (row_.last()) {
      tell_verdict(*row_.last());
    } else {
      state();
      reader();
    }
    tell_history();
    return std::move(lines_);
  }

 private:
  std::string safe(std::string_view text) const { return printable(text, model_.charset()); }
  std::string clock(Timestamp at) const { return time_of_day(at, model_.wall_offset_ns()); }
  std::string name(const ProcessInfo& process) const {
    return process_name(process, model_.charset());
  }

  void paragraph(const Piece& lead, const Piece& text, std::size_t indent = kIndent) {
    const std::size_t hang = indent + display_width(lead.text);
    bool first = true;
    for (const std::string& part : wrap(text.text, columns_ - std::min(columns_, hang))) {
      Line line;
      line.add(std::string(first ? indent : hang, ' '));
      if (first) {
        line.add(lead.text, lead.style);
      }
      lines_.push_back(std::move(line.add(part, text.style)));
      first = false;
    }
  }

  void field(std::string_view what, const std::vector<Piece>& pieces) {
    const bool any = std::any_of(pieces.begin(), pieces.end(),
                                 [](const Piece& piece) { return !piece.text.empty(); });
    if (!any) {
      return;
    }
    const std::size_t hang = kIndent + kNameWidth;
    const std::size_t width = columns_ - std::min(columns_, columns_ > 2 * hang ? hang : kIndent);
    std::string_view label = what;
    for (Line& part : flowed(pieces, width, 2)) {
      Line line;
      line.add(std::string(kIndent, ' '));
      if (columns_ > 2 * hang) {
        line.add(pad_right(std::string(std::exchange(label, {})), kNameWidth), Style::Dim);
      }
      line.pieces.insert(line.pieces.end(), std::make_move_iterator(part.pieces.begin()),
                         std::make_move_iterator(part.pieces.end()));
      lines_.push_back(std::move(line));
    }
  }

  void state() {
    const Face face = face_of(row_, glyphs_);
    std::vector<Piece> pieces = {{fmt::format("{} {}", face.glyph, face.word), face.style}};
    if (const auto waited = row_.latency(now_); waited && row_.awaited()) {
      pieces.push_back({"for " + say_age(*waited)});
    }
    lines_.emplace_back();
    for (Line& line : flowed(pieces, columns_ - std::min(columns_, kIndent), 2)) {
      line.pieces.insert(line.pieces.begin(), Piece{std::string(kIndent, ' ')});
      lines_.push_back(std::move(line));
    }
  }

  void tell_verdict(const ReloadReport& report) {
    const Face face = face_of(report.verdict, glyphs_);
    if (row_.awaited() || row_.ended()) {
      state();
    }
    std::vector<Piece> pieces = {{fmt::format("{} {}", face.glyph, face.word), face.style},
                                 {latency_of(report)}};
    if (report.cause) {
      pieces.push_back({std::string(name_of(*report.cause)), face.style});
    }
    pieces.push_back({report.degraded ? "(degraded)" : "", Style::Warn});
    pieces.push_back({"said at " + clock(report.at), Style::Dim});
    lines_.emplace_back();
    for (Line& line : flowed(pieces, columns_ - std::min(columns_, kIndent), 2)) {
      line.pieces.insert(line.pieces.begin(), Piece{std::string(kIndent, ' ')});
      lines_.push_back(std::move(line));
    }
    paragraph({}, {safe(report.evidence)}, 2 * kIndent);
    paragraph({fmt::format("{} ", glyphs_.arrow), Style::Accent}, {safe(report.advice)},
              2 * kIndent);
    lines_.emplace_back();
    publish(report.publish);
    how(report);
    files(report);
    processes(report);
    reader();
  }

  void publish(const PublishInfo& publish) {
    std::vector<Piece> pieces = {{clock(publish.at)}};
    if (publish.at) {
      pieces.push_back({say_age(now_ - publish.at) + " ago", Style::Dim});
    }
    if (publish.writer.pid != 0) {
      pieces.push_back({"by " + name(publish.writer)});
    }
    field("publish", pieces);
    field("generation",
          {{safe(publish.to)},
           {publish.config_version.empty() ? std::string()
                                           : "version " + safe(publish.config_version),
            Style::Bold}});
    field("before", {{safe(publish.from), Style::Dim}});
    std::vector<Piece> changed;
    for (const ChangedFile& file : publish.changed) {
      changed.push_back({safe(file.change + " " + file.file)});
    }
    field("files", changed);
  }

  void how(const ReloadReport& report) {
    if (report.trigger) {
      field("trigger", {{std::string(name_of(report.trigger->kind))},
                        {safe(report.trigger->detail), Style::Dim}});
    }
    std::vector<Piece> steps;
    const auto step = [&](std::string_view what, const std::optional<Duration>& latency) {
      if (latency) {
        steps.push_back({fmt::format("{} +{}", what, say(*latency))});
      }
    };
    step("notified", report.latency.notified);
    step("opened", report.latency.opened);
    step("read", report.latency.read);
    field("latency", steps);
  }

  void files(const ReloadReport& report) {
    for (const FileRead& file : report.files) {
      const std::string size = is_secret(report.volume)
                                   ? std::string(file.complete ? "all of it" : "a part of it")
                                   : fmt::format("{} of {} B", file.bytes, file.size);
      field("read", {{safe(file.file)}, {size}, {"of " + safe(file.generation), Style::Dim}});
    }
  }

  void processes(const ReloadReport& report) {
    for (const ProcessUse& use : report.processes) {
      std::vector<Piece> pieces = {{name(use.process)}, {std::string(name_of(use.state))}};
      pieces.push_back({use.began_after ? "began after the publish" : "", Style::Dim});
      for (const std::string& held : use.holds) {
        pieces.push_back({"still holds " + safe(held), Style::Warn});
      }
      field("process", pieces);
    }
    for (const ProcessInfo& observer : report.observers) {
      field("not counted",
            {{name(observer)}, {"read it from outside the application", Style::Dim}});
    }
  }

  void reader() {
    const ReaderInfo& reader = row_.reader();
    const VolumeInfo& volume = row_.volume();
    std::vector<Piece> pieces = {{name(reader.process)}, {safe(reader.process.exe), Style::Dim}};
    if (reader.restarts != 0) {
      pieces.push_back({plural(reader.restarts, "restart"), Style::Warn});
    }
    field("runs", pieces);
    field("container", {{safe(reader.container_id), Style::Dim}});
    field("sees it at", {{safe(volume.path)}});
    if (volume.host_path != volume.path) {
      field("on the node", {{safe(volume.host_path), Style::Dim}});
    }
    field("has read",
          {{row_.generation_cell()},
           {row_.behind() ? "the newest is " + row_.newest() : std::string(), Style::Warn}});
  }

  void tell_history() {
    if (row_.told().empty()) {
      return;
    }
    lines_.emplace_back();
    field("verdicts", {{"the latest first", Style::Dim}});
    for (const Told& told : row_.told()) {
      const Face face = face_of(told.verdict, glyphs_);
      Line line;
      line.add("    " + clock(told.at) + "  ", Style::Dim);
      line.add(fmt::format("{} {}", face.glyph, pad_right(std::string(face.word), kVerdictWidth)),
               face.style);
      line.add(pad_left(told.latency, kLatencyWidth) + "  ");
      line.add(told.cause ? std::string(name_of(*told.cause)) + "  " : std::string(), face.style);
      line.add(fmt::format("{} {}", glyphs_.arrow, told.generation), Style::Dim);
      lines_.push_back(std::move(line));
    }
  }

  const Model& model_;
  const Row& row_;
  std::size_t columns_;
  Timestamp now_;
  const Glyphs& glyphs_;
  std::vector<Line> lines_;
};

}  // namespace

std::vector<Line> detail_lines(const Model& model,
                               const Row& row,
                               std::size_t columns,
                               Timestamp now) {
  return Text(model, row, columns, now).lines();
}

}  // namespace reloadtrace::live
