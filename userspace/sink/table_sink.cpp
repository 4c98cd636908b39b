// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/table_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "userspace/engine/wording.h"
#include "userspace/sink/secrecy.h"
#include "userspace/sink/table_words.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kHeaderIndent = 16;  // "● 12:00:01.203  "
// So many lines of other kinds may come between the rows of a block before its header is repeated.
constexpr std::size_t kMaxLinesBetween = 12;

}  // namespace

TableSink::TableSink(Output& output, TableOptions options, Session session)
    : output_(output),
      options_(options),
      session_(std::move(session)),
      glyphs_(glyphs_of(options.charset)),
      page_(options_) {}

Result<> TableSink::write(const Report& report) {
  std::visit([this](const auto& one) { print(one); }, report);
  Result<> written = output_.write(page_.take());
  if (!written) {
    block_ = {};  // its header may be what was lost
  }
  return written;
}

void TableSink::print(const StartReport& start) {
  session_ = {start.node, start.wall_offset_ns};
  started_ = start.at;
  const auto missing = std::count_if(start.hooks.begin(), start.hooks.end(), is_missing);
  date_ = date_of(start.at, session_.wall_offset_ns);
  page_.flow({{"reloadtrace " + safe(start.version), Style::Bold},
              {"node " + safe(start.node)},
              {"kernel " + safe(start.kernel)},
              {plural(start.volumes, "volume") + ", " + plural(start.readers, "reader")},
              {fmt::format("hooks {}/{}", start.hooks.size() - static_cast<std::size_t>(missing),
                           start.hooks.size()),
               missing == 0 ? Style::Plain : Style::Warn},
              {date_ + " UTC", Style::Dim}},
             2);
  if (missing != 0) {
    print_missing(start);
  }
}

void TableSink::print_missing(const StartReport& start) {
  std::string names;
  for (const auto& hook : start.hooks) {
    if (is_missing(hook)) {
      names += (names.empty() ? "" : ", ") + safe(hook.first);
    }
  }
  page_.paragraph(
      0, {"! ", Style::Warn},
      {"hooks missing: " + names + " (verdicts that need them say degraded)", Style::Warn});
}

void TableSink::print(const PublishReport& report) {
  const PublishInfo& publish = report.publish;
  print_date(publish.at);
  std::string pod =
      report.pod.empty() ? pod_of(report.volume) : safe(report.pod_namespace + "/" + report.pod);
  open_block({publish.at, volume_key(report.volume), std::move(pod), 0});
  std::vector<Piece> pieces = {{block_.pod, Style::Accent},
                               {volume_name(report.volume), Style::Bold}};
  for (Piece& piece : changes(publish.changed)) {
    pieces.push_back(std::move(piece));
  }
  page_.end_line();
  page_.add(glyphs_.publish, Style::Accent).add(" " + clock(publish.at) + "  ");
  page_.flow(pieces, kHeaderIndent);
  pieces = {{fmt::format("{} {}", glyphs_.arrow, safe(publish.to)), Style::Dim}};
  if (!publish.config_version.empty()) {
    pieces.push_back({"version " + safe(publish.config_version), Style::Bold});
  }
  if (publish.writer.pid != 0) {
    pieces.push_back({"by " + process_name(publish.writer), Style::Dim});
  }
  pieces.push_back(
      {report.readers == 0 ? "nobody reads it" : plural(report.readers, "reader"), Style::Dim});
  page_.add(std::string(kHeaderIndent, ' ')).flow(pieces, kHeaderIndent);
  for (const ChangedFile& file : publish.changed) {
    if (file.keys) {
      page_.add(std::string(kHeaderIndent, ' ')).flow(changed_keys(file), kHeaderIndent + 2);
    }
  }
}

void TableSink::print(const ReloadReport& report) {
  learn_pod(report.volume, report.reader);
  enter_block(report);
  print_row(report);
}

void TableSink::open_block(Block block) {
  block_ = std::move(block);
  reader_width_ = kReaderWidth;
  process_width_ = kProcessWidth;
}

// Makes the block of this row the current one, and says which pod it is about if that is news.
void TableSink::enter_block(const ReloadReport& report) {
  const PublishInfo& publish = report.publish;
  const std::string key = volume_key(report.volume);
  const std::string pod = pod_name(report.reader);
  if (block_.at != publish.at || block_.volume != key || block_.lines_between > kMaxLinesBetween) {
    print_date(publish.at);
    open_block({publish.at, key, safe(pod), 0});
    page_.add(glyphs_.publish, Style::Dim).add(" ");
    page_.add(clock(publish.at) + "  ", Style::Dim);
    page_.flow({{block_.pod, Style::Dim},
                {volume_name(report.volume), Style::Dim},
                {"(continued)", Style::Dim}},
               kHeaderIndent);
  }
  block_.lines_between = 0;
  if (report.reader.container && block_.pod != safe(pod)) {
    block_.pod = safe(pod);
    page_.add(pod.empty() ? "  in no pod" : "  in pod ", Style::Dim);
    page_.flow({{block_.pod, Style::Accent}}, 4);
  }
}

void TableSink::print_row(const ReloadReport& report) {
  const Look look = look_of(report.verdict, glyphs_);
  const Style quiet = look.quiet ? Style::Dim : Style::Plain;
  const std::string reader = reader_cell(report.reader);
  widen_columns(display_width(reader), display_width(process_cell(report, page_.width())));

  page_.add("  ").add(look.glyph, look.style).add(" ");
  page_.add(pad_right(cut_middle(reader, reader_width_, glyphs_.ellipsis), reader_width_), quiet);
  page_.add("  ");
  page_.add(pad_right(process_cell(report, process_width_), process_width_), quiet).add("  ");
  page_.add(pad_right(std::string(name_of(report.verdict)), kVerdictWidth), look.style);
  page_.add(pad_left(latency_of(report), kLatencyWidth), quiet).add("  ");

  bool evidence_said = false;
  std::vector<Piece> asides;  // left out where they do not fit
  if (look.good && !report.cause) {
    asides = timings(report);
    evidence_said = report.verdict == Verdict::Reloaded;
  } else if (look.quiet && display_width(safe(report.evidence)) <= page_.left()) {
    asides = {{safe(report.evidence), Style::Dim}};
    evidence_said = true;
  }
  std::vector<Piece> words;
  if (report.cause) {
    words.push_back({std::string(name_of(*report.cause)), look.style});
  }
  if (report.degraded) {
    words.push_back({"(degraded)", Style::Warn});
  }
  page_.add_fitting(words);
  page_.add_fitting(asides);
  page_.end_line();
  if (!words.empty()) {
    page_.add(std::string(kRowIndent, ' ')).flow(words, kRowIndent);
  }
  print_explanation(report, evidence_said);
}

void TableSink::print_explanation(const ReloadReport& report, bool evidence_said) {
  const bool quiet = look_of(report.verdict, glyphs_).quiet;
  const Style style = quiet ? Style::Dim : Style::Plain;
  if (!evidence_said) {
    page_.paragraph(kRowIndent, {}, {safe(report.evidence), style});
  }
  print_processes(report);
  const std::string arrow = fmt::format("{} ", glyphs_.arrow);
  page_.paragraph(kRowIndent, {arrow, quiet ? Style::Dim : Style::Accent},
                  {safe(report.advice), style});
  if (!report.observers.empty()) {
    page_.paragraph(kRowIndent, {},
                    {"not counted: " + process_names(report.observers) +
                         " read it too, from outside the application",
                     Style::Dim});
  }
}

void TableSink::print(const EventReport& report) {
  ++block_.lines_between;
  std::string line = "  " + clock(report.at) + "  " + pad_right(safe(report.event), 12);
  if (report.reader && report.reader->container) {
    learn_pod(report.volume.value_or(VolumeInfo{}), *report.reader);
    line += "  " + reader_cell(*report.reader);
  }
  line += "  " + process_name(report.process);
  line += details_of(report);
  page_.add(cut_end(line, page_.width(), glyphs_.ellipsis), Style::Dim).end_line();
}

void TableSink::print(const ReaderReport& report) {
  ++block_.lines_between;
  learn_pod(report.volume, report.reader);
  const Ability ability = ability_of(report.can_reload, glyphs_);
  page_.add("  ").add(ability.glyph, ability.style).add(" ");
  page_.add(pad_right(std::string(ability.words), 15), ability.style);
  std::vector<Piece> pieces = {{safe(pod_name(report.reader)), Style::Accent},
                               {reader_cell(report.reader), Style::Bold},
                               {process_name(report.reader.process)},
                               {volume_name(report.volume)}};
  if (report.volume.kind != "directory" && !report.volume.path.empty()) {
    pieces.back().text += " at " + safe(report.volume.path);
  }
  if (report.cause) {
    pieces.push_back({std::string(name_of(*report.cause)), ability.style});
  }
  constexpr std::size_t kIndent = 4 + 15;
  page_.flow(pieces, kIndent);
  page_.paragraph(kIndent, {}, {safe(report.evidence)});
  page_.paragraph(kIndent, {fmt::format("{} ", glyphs_.arrow), Style::Accent},
                  {safe(report.advice)});
  for (const WatchInfo& watch : report.watches) {
    page_.paragraph(kIndent, {"watches ", Style::Dim},
                    {fmt::format("{} ({}) for {}, by pid {}", safe(watch.target), safe(watch.kind),
                                 safe(watch.mask), watch.pid),
                     Style::Dim});
  }
}

void TableSink::print(const LossReport& report) {
  ++block_.lines_between;
  std::string text = plural(total(report.lost), "event") + " lost";
  if (report.since && report.until) {
    text += " in " + say(std::max(report.until - report.since, Duration::zero()));
  }
  text += " (" + counts(report.lost) + "): no verdict of that time says stale";
  page_.paragraph(0, {"! " + clock(report.at) + "  ", Style::Warn}, {text, Style::Warn});
}

void TableSink::print(const DropReport& report) {
  ++block_.lines_between;
  page_.paragraph(
      0, {"! " + clock(report.at) + "  ", Style::Warn},
      {plural(report.reports, "report") + " dropped: the output was read too slowly", Style::Warn});
}

void TableSink::print(const ShedReport& report) {
  ++block_.lines_between;
  page_.paragraph(0, {"! " + clock(report.at) + "  ", Style::Warn},
                  {fmt::format("hook {} shed: the programs cost {:.3g} % of a CPU and may cost "
                               "{:.3g} %; what depends on it is unknown or degraded from now on",
                               safe(report.hook), report.cpu_percent, report.max_percent),
                   Style::Warn});
}

void TableSink::print(const StopReport& report) {
  block_ = {};
  page_.end_line();
  std::vector<Piece> pieces = {{"stopped " + clock(report.at), Style::Bold}};
  if (started_) {
    pieces.push_back({"after " + say(std::max(report.at - started_, Duration::zero()))});
  }
  pieces.push_back({plural(total(report.totals), "verdict")});
  for (const Verdict verdict : kVerdicts) {
    const auto found = report.totals.find(std::string(name_of(verdict)));
    if (found != report.totals.end() && found->second != 0) {
      pieces.push_back(
          {fmt::format("{} {}", found->second, name_of(verdict)), look_of(verdict, glyphs_).style});
    }
  }
  page_.flow(pieces, 2);
  if (total(report.lost) != 0) {
    page_.paragraph(
        0, {"! ", Style::Warn},
        {plural(total(report.lost), "event") + " lost (" + counts(report.lost) + ")", Style::Warn});
  }
  if (report.dropped != 0) {
    page_.paragraph(0, {"! ", Style::Warn},
                    {plural(report.dropped, "report") + " dropped: the output was read too slowly",
                     Style::Warn});
  }
}

void TableSink::print_date(Timestamp at) {
  std::string date = date_of(at, session_.wall_offset_ns);
  if (date > date_) {
    date_ = std::move(date);
    page_.end_line().add(date_ + " UTC", Style::Dim).end_line();
  }
}

}  // namespace reloadtrace
