// SPDX-License-Identifier: Apache-2.0
#include "userspace/compare/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "userspace/sink/table_words.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kIndent = 4;
constexpr std::size_t kMaxNamed = 20;  // readers of a generation
constexpr std::size_t kMaxNodes = 4;   // of a generation
constexpr std::size_t kMaxNameWidth = 48;

class ComparisonTable {
 public:
  ComparisonTable(const Comparison& comparison, const TableOptions& options)
      : comparison_(comparison),
        options_(options),
        glyphs_(glyphs_of(options.charset)),
        page_(options_) {}

  std::string print(std::string_view version) {
    page_.flow({{fmt::format("reloadtrace {} compare", version), Style::Bold},
                {plural(comparison_.nodes.size(), "node")},
                {plural(comparison_.readers(), "reader") + " of " +
                 plural(comparison_.volumes.size(), "volume")},
                {comparison_.last_published == 0
                     ? std::string()
                     : span(comparison_.first_published, comparison_.last_published) + " UTC"}},
               2);
    for (const ComparedVolume& volume : comparison_.volumes) {
      page_.end_line();
      print_volume(volume);
    }
    page_.end_line();
    print_sum();
    return page_.take();
  }

 private:
  void print_volume(const ComparedVolume& volume) {
    page_.add(volume.differs() ? glyphs_.bad : glyphs_.good,
              volume.differs() ? Style::Bad : Style::Good);
    page_.add(" ");
    std::vector<Piece> pieces;
    if (!volume.pod_namespace.empty()) {
      pieces.push_back({safe(volume.pod_namespace), Style::Accent});
    }
    pieces.push_back(
        {safe(volume.kind + " " + (volume.host_path.empty() ? volume.name : volume.host_path)),
         Style::Bold});
    pieces.push_back({fmt::format("{} of {} on the newest {}", volume.current,
                                  plural(volume.readers(), "reader"),
                                  volume.by_version == 0 ? "publish of its node" : "generation")});
    pieces.push_back({"consistency " + score(volume.current, volume.behind), Style::Dim});
    page_.flow(pieces, 2);
    std::size_t width = 0;
    for (const Generation& one : volume.generations) {
      width = std::max(width, display_width(label(one, volume)));
    }
    for (const Generation& one : volume.generations) {
      print_generation(one, volume, width);
    }
  }

  void print_generation(const Generation& one, const ComparedVolume& volume, std::size_t width) {
    const auto [glyph, style] = look(one.standing);
    page_.add("  ").add(glyph, style).add(" ");
    page_.add(pad_right(label(one, volume), width), style).add("  ");
    std::vector<Piece> pieces = {{plural(one.readers, "reader")}};
    if (one.last_published != 0) {
      pieces.push_back({"published " + span(one.first_published, one.last_published)});
    }
    pieces.push_back({"on " + nodes(one), Style::Dim});
    page_.flow(pieces, kIndent + 2);
    if (one.standing != Standing::Current) {
      print_readers(one, volume.others);
    }
  }

  void print_readers(const Generation& of, const std::vector<ComparedReader>& others) {
    std::vector<const ComparedReader*> readers;
    for (const ComparedReader& reader : others) {
      if (reader.standing == of.standing && reader.config_version == of.config_version) {
        readers.push_back(&reader);
      }
    }
    const std::size_t named = std::min(readers.size(), kMaxNamed);
    std::size_t node_width = 0;
    std::size_t name_width = 0;
    for (std::size_t i = 0; i < named; ++i) {
      widen(node_width, safe(readers[i]->node));
      widen(name_width, name(*readers[i]));
    }
    for (std::size_t i = 0; i < named; ++i) {
      const ComparedReader& reader = *readers[i];
      page_.add(std::string(kIndent + 2, ' '));
      page_.add(fit(safe(reader.node), node_width), Style::Dim).add("  ");
      page_.add(fit(name(reader), name_width)).add("  ");
      page_.flow({{safe(reader.verdict), look(reader.standing).second}, {reason(reader)}},
                 kIndent + 6);
    }
    if (readers.size() > named) {
      page_.add(std::string(kIndent + 2, ' '));
      page_.flow({{fmt::format("and {} more; --format json names them all", readers.size() - named),
                   Style::Dim}},
                 kIndent + 4);
    }
  }

  void print_sum() {
    const auto differing = std::ranges::count_if(comparison_.volumes, &ComparedVolume::differs);
    std::vector<Piece> pieces;
    if (differing == 0) {
      pieces.push_back({fmt::format("{} no reader is known to differ", glyphs_.good), Style::Good});
    } else {
      pieces.push_back({fmt::format("{} {} of {} {}", glyphs_.bad, differing,
                                    plural(comparison_.volumes.size(), "volume"),
                                    differing == 1 ? "differs" : "differ"),
                        Style::Bad});
      pieces.push_back({plural(comparison_.behind, "reader") + " behind", Style::Bad});
    }
    if (comparison_.undecided != 0) {
      pieces.push_back(
          {fmt::format("{} {} undecided", glyphs_.unsure, comparison_.undecided), Style::Warn});
    }
    pieces.push_back({"consistency " + score(comparison_.current, comparison_.behind)});
    page_.flow(pieces, 2);
    const bool by_publish = std::ranges::any_of(
        comparison_.volumes,
        [](const ComparedVolume& volume) { return volume.by_version < volume.readers(); });
    if (by_publish) {
      page_.paragraph(2, {},
                      {"Where lines have no config_version, generations of different nodes cannot "
                       "be told apart: there a reader counts as current when it has reread the "
                       "newest publish that its own node saw, and a node that got none is not "
                       "noticed. See trace --version-key.",
                       Style::Dim});
    }
  }

  std::pair<std::string_view, Style> look(Standing standing) const {
    switch (standing) {
      case Standing::Current:
        return {glyphs_.good, Style::Good};
      case Standing::Behind:
        return {glyphs_.bad, Style::Bad};
      case Standing::Undecided:
        break;
    }
    return {glyphs_.unsure, Style::Warn};
  }

  std::string label(const Generation& one, const ComparedVolume& volume) const {
    const std::string version = safe(one.config_version);
    if (one.standing == Standing::Current) {
      return version.empty() ? "newest" : version;
    }
    if (one.standing == Standing::Undecided) {
      return version.empty() ? "cannot tell" : version + " or newer";
    }
    if (version.empty()) {
      return "older";
    }
    // Two publishes of one version: what else changed, this reader has not read.
    return one.config_version == volume.config_version ? "older " + version : version;
  }

  std::string reason(const ComparedReader& reader) const {
    if (!reader.cause.empty()) {
      return safe(reader.cause);
    }
    return reader.overtaken ? "no later publish on its node: behind, or gone" : "";
  }

  std::string name(const ComparedReader& reader) const {
    if (!reader.container) {
      return safe(fmt::format("{}[{}]", reader.comm, reader.pid));
    }
    const std::string container =
        reader.container_name.empty() ? reader.container_id.substr(0, 12) : reader.container_name;
    return safe(reader.pod.empty() ? container : reader.pod + "/" + container);
  }

  std::string nodes(const Generation& one) const {
    std::string out;
    for (std::size_t i = 0; i < std::min(one.nodes.size(), kMaxNodes); ++i) {
      out += (out.empty() ? "" : ", ") + safe(one.nodes[i]);
    }
    if (one.nodes.size() > kMaxNodes) {
      out += fmt::format(" and {} more", one.nodes.size() - kMaxNodes);
    }
    return out;
  }

  static void widen(std::size_t& width, const std::string& cell) {
    width = std::min(std::max(width, display_width(cell)), kMaxNameWidth);
  }

  std::string fit(const std::string& cell, std::size_t width) const {
    return pad_right(cut_middle(cell, width, glyphs_.ellipsis), width);
  }

  // "2026-11-25 07:53:57 to 07:54:31"
  static std::string span(std::int64_t first, std::int64_t last) {
    const auto text = [](std::int64_t ns) {
      const Timestamp at{static_cast<std::uint64_t>(ns)};
      return std::pair(date_of(at, 0), time_of_day(at, 0).substr(0, 8));
    };
    const auto [first_date, first_time] = text(first);
    const auto [last_date, last_time] = text(last);
    std::string out = first_date + " " + first_time;
    if (last_date != first_date) {
      out += " to " + last_date + " " + last_time;
    } else if (last_time != first_time) {
      out += " to " + last_time;
    }
    return out;
  }

  // Cut, not rounded: 1.00 is said of all readers alone.
  static std::string score(std::uint64_t current, std::uint64_t behind) {
    const double hundredths = consistency(current, behind) * 100;
    return fmt::format("{:.2f}", static_cast<double>(static_cast<int>(hundredths + 1e-9)) / 100);
  }

  std::string safe(const std::string& text) const { return printable(text, options_.charset); }

  const Comparison& comparison_;
  const TableOptions& options_;
  const Glyphs& glyphs_;
  Page page_;
};

}  // namespace

std::string to_table(const Comparison& comparison,
                     std::string_view version,
                     const TableOptions& options) {
  return ComparisonTable(comparison, options).print(version);
}

}  // namespace reloadtrace
