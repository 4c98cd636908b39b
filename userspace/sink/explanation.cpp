// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "userspace/engine/causes.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kNameWidth = 20;

// "nobody told it" → "Nobody told it."
std::string sentence(std::string_view words) {
  std::string out(words);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') {
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  }
  return out.ends_with('.') ? out : out + ".";
}

class Explanation {
 public:
  explicit Explanation(const TableOptions& options) : charset_(options.charset), page_(options) {}

  Explanation& title(std::string_view name, std::string_view kind) {
    page_.add(name, Style::Bold).add(fmt::format("  ({})", kind), Style::Dim).end_line();
    return *this;
  }
  Explanation& text(const std::string& words) {
    page_.paragraph(kIndent, {}, {printable(words, charset_)});
    return *this;
  }
  Explanation& section(std::string_view heading, const std::string& words) {
    page_.end_line().add(heading, Style::Bold).end_line();
    return text(words);
  }
  Explanation& heading(std::string_view words) {
    page_.add(words, Style::Bold).end_line();
    return *this;
  }
  Explanation& entry(std::string_view name, std::string_view meaning) {
    page_.paragraph(kIndent, {pad_right(std::string(name), kNameWidth), Style::Accent},
                    {printable(meaning, charset_)});
    return *this;
  }
  Explanation& blank() {
    page_.end_line();
    return *this;
  }
  std::string take() { return page_.take(); }

 private:
  Charset charset_;
  Page page_;
};

// Levenshtein: letters to insert, delete or replace.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string explain(Cause cause, const TableOptions& options) {
  const CauseEntry& entry = entry_of(cause);
  Explanation out(options);
  out.title(entry.name, "cause").text(sentence(entry.meaning));
  out.section("How the kernel shows it", std::string(entry.signature));
  std::string change = sentence(entry.advice);
  if (!entry.remedy.empty()) {
    change.append(" ").append(entry.remedy);
  }
  out.section("What to change", change);
  if (!entry.seen_in.empty()) {
    out.section("Seen in", std::string(entry.seen_in));
  }
  return out.take();
}

std::string explain(Verdict verdict, const TableOptions& options) {
  const VerdictEntry& entry = entry_of(verdict);
  Explanation out(options);
  out.title(entry.name, "verdict").text(sentence(entry.meaning));
  out.section("What to do", std::string(entry.next));
  return out.take();
}

std::string list_explained(const TableOptions& options) {
  Explanation out(options);
  out.heading("Verdicts: what became of one publish at one reader");
  for (const VerdictEntry& entry : verdict_catalogue()) {
    out.entry(entry.name, entry.meaning);
  }
  out.blank().heading("Causes: why it is stale, partial or torn");
  for (const CauseEntry& entry : cause_catalogue()) {
    out.entry(entry.name, entry.meaning);
  }
  return out.take();
}

std::string explain_in_markdown() {
  std::string out = "| verdict | it means |\n| --- | --- |\n";
  for (const VerdictEntry& entry : verdict_catalogue()) {
    out += fmt::format("| `{}` | {} |\n", entry.name, entry.meaning);
  }
  out += "\n| cause | it means | what to change |\n| --- | --- | --- |\n";
  for (const CauseEntry& entry : cause_catalogue()) {
    out += fmt::format("| `{}` | {} | {} |\n", entry.name, entry.meaning, entry.advice);
  }
  return out;
}

std::string_view nearest_name(std::string_view name) {
  std::string_view nearest;
  std::size_t least =
      std::max<std::size_t>(3, name.size() / 2);  // so many letters wrong are too many
  const auto consider = [&](std::string_view candidate) {
    // A part of a name is as good as a slip of the finger.
    const bool part = name.size() >= 3 && candidate.find(name) != std::string_view::npos;
    const std::size_t wrong = part ? 1 : distance(name, candidate);
    if (wrong < least) {
      least = wrong;
      nearest = candidate;
    }
  };
  for (const CauseEntry& entry : cause_catalogue()) {
    consider(entry.name);
  }
  for (const VerdictEntry& entry : verdict_catalogue()) {
    consider(entry.name);
  }
  return nearest;
}

}  // namespace reloadtrace
