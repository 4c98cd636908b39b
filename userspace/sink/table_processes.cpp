// SPDX-License-Identifier: Apache-2.0
// How far each process of a reader has come, below its row. Those of which the same is to be said
// share a line: a server with sixty workers takes no more than one with two.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "userspace/sink/secrecy.h"
#include "userspace/sink/table_sink.h"
#include "userspace/sink/table_words.h"

namespace reloadtrace {
namespace {

// Longer names stand alone, with what is said of them behind.
constexpr std::size_t kMaxNamesWidth = 30;
constexpr std::size_t kMaxHeld = 2;

struct Group {
  ProcessState state;
  std::string words;
  std::vector<ProcessInfo> processes;
  std::string names;
};

// Where all have come equally far, the row has said it.
bool tells_more(const ReloadReport& report) {
  const std::vector<ProcessUse>& all = report.processes;
  return all.size() > 1 && (is_failure(report.verdict) ||
                            std::any_of(all.begin(), all.end(), [&](const ProcessUse& use) {
                              return use.state != all.front().state;
                            }));
}

std::string list(const std::vector<std::string>& items, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < std::min(items.size(), most); ++i) {
    out += (i == 0 ? "" : ", ") + items[i];
  }
  return items.size() > most ? fmt::format("{} and {} more", out, items.size() - most) : out;
}

bool is_reread(const FileRead& file, const ReloadReport& report) {
  return file.complete && file.generation == report.publish.to;
}

std::string words_for_part(const ProcessUse& use, const ReloadReport& report) {
  std::vector<std::string> whole;
  std::vector<std::string> rest;
  for (const FileRead& file : use.files) {
    if (is_reread(file, report)) {
      whole.push_back(file.file);
    } else if (file.generation == report.publish.to && !is_secret(report.volume)) {
      rest.push_back(fmt::format("{} of {} B of {}", file.bytes, file.size, file.file));
    } else if (file.generation == report.publish.to) {
      rest.push_back("part of " + file.file);
    }
  }
  if (!rest.empty()) {
    whole.insert(whole.end(), rest.begin(), rest.end());
    return "read " + list(whole, kMaxHeld);
  }
  return whole.empty() ? "reread some" : "reread " + list(whole, kMaxHeld) + " only";
}

std::string words_for_old(const ProcessUse& use) {
  if (!use.holds.empty()) {
    return "still holds " + list(use.holds, kMaxHeld);
  }
  if (!use.files.empty()) {
    return fmt::format("last read {} of {}", use.files.front().file, use.files.front().generation);
  }
  return "read nothing newer";
}

std::string words_for(const ProcessUse& use, const ReloadReport& report) {
  std::string words;
  switch (use.state) {
    case ProcessState::Reread:
      words = "reread";
      break;
    case ProcessState::Partly:
      words = words_for_part(use, report);
      break;
    case ProcessState::Old:
      return words_for_old(use);
    case ProcessState::Untouched:
      return "never used it";
  }
  if (use.began_after) {
    words += ", began after the publish";
  }
  return use.holds.empty() ? words : words + ", still holds " + list(use.holds, kMaxHeld);
}

Look look_of(ProcessState state, const Glyphs& glyphs) {
  switch (state) {
    case ProcessState::Reread:
      return {glyphs.good, Style::Good, true, false};
    case ProcessState::Partly:
    case ProcessState::Old:
      return {glyphs.bad, Style::Bad, false, false};
    case ProcessState::Untouched:
      break;
  }
  return {glyphs.quiet, Style::Dim, false, true};
}

std::vector<Group> groups_of(const ReloadReport& report) {
  std::vector<Group> groups;
  for (const ProcessUse& use : report.processes) {
    std::string words = words_for(use, report);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& one) {
      return one.state == use.state && one.words == words;
    });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {use.state, std::move(words), {}, {}});
    }
    group->processes.push_back(use.process);
  }
  return groups;
}

}  // namespace

void TableSink::print_processes(const ReloadReport& report) {
  if (!tells_more(report)) {
    return;
  }
  std::vector<Group> groups = groups_of(report);
  std::size_t width = 0;
  for (Group& group : groups) {
    group.names = process_names(group.processes);
    const std::size_t wide = display_width(group.names);
    width = wide <= kMaxNamesWidth ? std::max(width, wide) : width;
  }
  for (const Group& group : groups) {
    const Look look = look_of(group.state, glyphs_);
    const Style style = look.quiet ? Style::Dim : Style::Plain;
    page_.add(std::string(kRowIndent, ' ')).add(look.glyph, look.style).add(" ");
    page_.flow({{pad_right(group.names, width), style}, {safe(group.words), style}},
               kRowIndent + 2);
  }
}

}  // namespace reloadtrace
