// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/sink/json_sink.h"
#include "userspace/sink/table_words.h"

namespace reloadtrace {
namespace {

constexpr std::array<std::string_view, 3> kByUrgency = {"no", "unknown", "yes"};

constexpr std::size_t kAbilityWidth = 15;  // "cannot reload"
constexpr std::size_t kIndent = 4 + kAbilityWidth;
constexpr std::size_t kMaxNameWidth = 24;

std::ptrdiff_t urgency(const ReaderReport& report) {
  return std::find(kByUrgency.begin(), kByUrgency.end(), report.can_reload) - kByUrgency.begin();
}

class DoctorTable {
 public:
  DoctorTable(const DoctorReport& report, const TableOptions& options)
      : report_(report), options_(options), glyphs_(glyphs_of(options.charset)), page_(options_) {
    for (const ReaderReport& reader : report.readers) {
      widen(reader_width_, reader_cell(reader));
      widen(process_width_, process_cell(reader));
    }
  }

  std::string print() {
    page_.flow(
        {{"reloadtrace " + safe(report_.version) + " doctor", Style::Bold},
         {"node " + safe(report_.session.node)},
         {plural(report_.volumes, "volume") + ", " + plural(report_.readers.size(), "reader")}},
        2);
    std::vector<std::string> printed;
    for (const ReaderReport& reader : report_.readers) {
      const std::string key = volume_key(reader.volume);
      if (std::find(printed.begin(), printed.end(), key) == printed.end()) {
        print_block(key, reader);
        printed.push_back(key);
      }
    }
    print_totals();
    return page_.take();
  }

 private:
  void print_block(const std::string& key, const ReaderReport& first) {
    page_.end_line();
    page_.flow({{safe(pod_name(first.reader)), Style::Accent},
                {safe(volume_label(first.volume)), Style::Bold}},
               2);
    for (const ReaderReport& reader : report_.readers) {
      if (volume_key(reader.volume) == key) {
        print_row(reader);
      }
    }
  }

  void print_row(const ReaderReport& reader) {
    const Ability ability = ability_of(reader.can_reload, glyphs_);
    const bool good = reader.can_reload == "yes";
    page_.add("  ").add(ability.glyph, ability.style).add(" ");
    page_.add(pad_right(std::string(ability.words), kAbilityWidth), ability.style);
    page_.add(fit(reader_cell(reader), reader_width_)).add("  ");
    page_.add(fit(process_cell(reader), process_width_)).add("  ");
    std::vector<Piece> rest;
    if (reader.cause) {
      rest.push_back({std::string(name_of(*reader.cause)), ability.style});
    }
    if (reader.reader.container && reader.volume.path != reader.volume.host_path) {
      rest.push_back({"at " + safe(reader.volume.path), Style::Dim});
    }
    page_.flow(rest, kIndent);
    page_.paragraph(kIndent, {}, {safe(reader.evidence), good ? Style::Dim : Style::Plain});
    page_.paragraph(kIndent, {fmt::format("{} ", glyphs_.arrow), Style::Accent},
                    {safe(reader.advice)});
  }

  void print_totals() {
    page_.end_line();
    std::vector<Piece> pieces;
    for (const std::string_view can_reload : kByUrgency) {
      const auto count = std::count_if(
          report_.readers.begin(), report_.readers.end(),
          [&](const ReaderReport& reader) { return reader.can_reload == can_reload; });
      const Ability ability = ability_of(can_reload, glyphs_);
      if (count != 0) {
        pieces.push_back(
            {fmt::format("{} {} {}", ability.glyph, count, ability.words), ability.style});
      }
    }
    if (pieces.empty()) {
      pieces.push_back({report_.volumes == 0   ? "there is no volume to look at"
                        : report_.volumes == 1 ? "nobody uses it"
                                               : "nobody uses them"});
    }
    page_.flow(pieces, 2);
  }

  std::string safe(std::string_view text) const { return printable(text, options_.charset); }

  std::string reader_cell(const ReaderReport& reader) const {
    return safe(reader_label(reader.reader));
  }

  std::string process_cell(const ReaderReport& reader) const {
    const ProcessInfo& main = reader.reader.process;
    return main.pid == 0 ? std::string() : fmt::format("{}[{}]", safe(main.comm), main.pid);
  }

  static void widen(std::size_t& width, const std::string& cell) {
    width = std::min(std::max(width, display_width(cell)), kMaxNameWidth);
  }

  std::string fit(const std::string& cell, std::size_t width) const {
    return pad_right(cut_middle(cell, width, glyphs_.ellipsis), width);
  }

  const DoctorReport& report_;
  const TableOptions& options_;
  const Glyphs& glyphs_;
  Page page_;
  std::size_t reader_width_ = 0;
  std::size_t process_width_ = 0;
};

}  // namespace

void sort_by_urgency(std::vector<ReaderReport>& readers) {
  std::stable_sort(readers.begin(), readers.end(),
                   [](const auto& a, const auto& b) { return urgency(a) < urgency(b); });
}

std::string to_json_lines(const DoctorReport& report) {
  std::string lines;
  for (const ReaderReport& reader : report.readers) {
    lines += json_line(reader, report.session);
  }
  return lines;
}

std::string to_table(const DoctorReport& report, const TableOptions& options) {
  return DoctorTable(report, options).print();
}

}  // namespace reloadtrace
