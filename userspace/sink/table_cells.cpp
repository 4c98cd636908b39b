// SPDX-License-Identifier: Apache-2.0
// What stands in the cells of the table: names, timings, counts.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "userspace/engine/wording.h"
#include "userspace/sink/secrecy.h"
#include "userspace/sink/table_sink.h"
#include "userspace/sink/table_words.h"

namespace reloadtrace {
namespace {

// Everything of a row but its two names; and what a cause needs behind them.
constexpr std::size_t kRowFrame = 4 + 2 + 2 + kVerdictWidth + kLatencyWidth + 2;
constexpr std::size_t kCauseWidth = 19;
constexpr std::size_t kMaxNames = 6;
constexpr std::size_t kMaxKeys = 12;
constexpr std::size_t kMaxPods = 4096;

}  // namespace

std::string TableSink::process_name(const ProcessInfo& process) const {
  return fmt::format("{}[{}]", safe(process.comm), process.pid);
}

std::string TableSink::process_names(const std::vector<ProcessInfo>& processes) const {
  std::string names;
  for (std::size_t i = 0; i < std::min(processes.size(), kMaxNames); ++i) {
    names += (i == 0 ? "" : ", ") + process_name(processes[i]);
  }
  if (processes.size() > kMaxNames) {
    names += fmt::format(" and {} more", processes.size() - kMaxNames);
  }
  return names;
}

// "comm[pid]" in at most `width` columns: the comm is cut, never the pid.
std::string TableSink::process_cell(const ReloadReport& report, std::size_t width) const {
  const ProcessInfo& process = report.process ? *report.process : report.reader.process;
  if (process.pid == 0) {
    return {};
  }
  const std::string pid = fmt::format("[{}]", process.pid);
  const std::size_t left = width - std::min(width, pid.size());
  return cut_end(safe(process.comm), left, glyphs_.ellipsis) + pid;
}

std::string TableSink::reader_cell(const ReaderInfo& reader) const {
  return safe(reader_label(reader));
}

std::string TableSink::volume_name(const VolumeInfo& volume) const {
  return safe(volume_label(volume));
}

// As learned from its readers; empty before that.
std::string TableSink::pod_of(const VolumeInfo& volume) const {
  const auto found = pods_.find(volume.pod_uid);
  return found != pods_.end() ? found->second : std::string();
}

void TableSink::learn_pod(const VolumeInfo& volume, const ReaderInfo& reader) {
  if (volume.pod_uid.empty() || volume.pod_uid != reader.pod_uid || reader.pod.empty()) {
    return;
  }
  if (pods_.size() >= kMaxPods) {
    pods_.clear();  // pods come and go; those that are here will be learned again
  }
  pods_.insert_or_assign(volume.pod_uid, safe(pod_name(reader)));
}

// How the reader came to it. When it was read stands in the row already.
std::vector<Piece> TableSink::timings(const ReloadReport& report) const {
  std::vector<Piece> pieces;
  const auto after = [](std::string what, const std::optional<Duration>& latency) {
    return Piece{latency ? what + " +" + say(*latency) : std::move(what), Style::Dim};
  };
  if (report.trigger) {
    const TriggerInfo& trigger = *report.trigger;
    const bool telling = trigger.kind == TriggerKind::Signal || trigger.kind == TriggerKind::Http;
    pieces.push_back(after(telling && !trigger.detail.empty() ? safe(trigger.detail)
                                                              : std::string(name_of(trigger.kind)),
                           report.latency.notified));
  }
  if (report.latency.opened) {
    pieces.push_back(after("open", report.latency.opened));
  }
  if (report.files.size() > 1) {
    pieces.push_back({plural(report.files.size(), "file"), Style::Dim});
  } else if (report.files.size() == 1 && !is_secret(report.volume)) {
    pieces.push_back({fmt::format("{} B", report.files[0].bytes), Style::Dim});
  }
  return pieces;
}

std::vector<Piece> TableSink::changes(const std::vector<ChangedFile>& changed) const {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWords = {
      {{"modified", "changed"}, {"added", "added"}, {"removed", "removed"}}};
  std::vector<Piece> pieces;
  for (const auto& [change, word] : kWords) {
    std::string names;
    std::size_t count = 0;
    for (const ChangedFile& file : changed) {
      if (file.change == change && ++count <= kMaxNames) {
        names += (count == 1 ? "" : ", ") + safe(file.file);
      }
    }
    if (count > kMaxNames) {
      names += fmt::format(" and {} more", count - kMaxNames);
    }
    if (count != 0) {
      pieces.push_back({fmt::format("{} {}", word, names)});
    }
  }
  if (pieces.empty()) {
    pieces.push_back({"changed no byte"});
  }
  return pieces;
}

// "app.yaml:  log.level  +cache.ttl", with values "log.level: info → debug".
std::vector<Piece> TableSink::changed_keys(const ChangedFile& file) const {
  const ChangedKeys& changed = *file.keys;
  std::vector<Piece> pieces = {{safe(file.file) + ":", Style::Dim}};
  if (!changed.not_compared.empty()) {
    pieces.push_back({"keys not compared: " + safe(changed.not_compared), Style::Dim});
    return pieces;
  }
  if (changed.pseudo) {
    pieces.push_back(
        {changed.ignored != 0 ? "only ignored keys" : "only comments, order or white space",
         Style::Dim});
    return pieces;
  }
  for (const ChangedKey& key : changed.keys) {
    if (pieces.size() > kMaxKeys) {
      break;
    }
    std::string text = safe(key.key);
    if (key.change != "modified") {
      text.insert(0, key.change == "added" ? "+" : "-");
    }
    if (!key.before.empty() || !key.after.empty()) {
      const std::string before = safe(key.before);
      const std::string after = safe(key.after);
      text += ": " + (key.change == "added" ? after
                      : key.change == "removed"
                          ? before
                          : fmt::format("{} {} {}", before, glyphs_.arrow, after));
    }
    pieces.push_back({std::move(text), Style::Accent});
  }
  const std::size_t more = changed.keys.size() + 1 - pieces.size() + changed.more;
  if (more != 0) {
    pieces.push_back({fmt::format("and {} more", more), Style::Dim});
  }
  return pieces;
}

// "  signal=SIGHUP  sender=sh[7]": a pid stands behind the name that it belongs to.
std::string TableSink::details_of(const EventReport& report) const {
  const bool secret = report.volume && is_secret(*report.volume);
  const auto pid_of = [&](const std::string& name) {
    return std::find_if(report.numbers.begin(), report.numbers.end(),
                        [&](const auto& number) { return number.first == name + "_pid"; });
  };
  std::string line;
  for (const auto& [name, text] : report.text) {
    line += fmt::format("  {}={}", safe(name), safe(text));
    if (const auto pid = pid_of(name); pid != report.numbers.end()) {
      line += fmt::format("[{}]", pid->second);
    }
  }
  const auto is_said = [&](const std::string& number) {
    return std::any_of(report.text.begin(), report.text.end(),
                       [&](const auto& text) { return text.first + "_pid" == number; });
  };
  for (const auto& [name, number] : report.numbers) {
    if (!(secret && may_tell_size(name)) && !is_said(name)) {
      line += fmt::format("  {}={}", safe(name), number);
    }
  }
  return line;
}

std::string TableSink::counts(const std::map<std::string, std::uint64_t>& counts) const {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", safe(name), count);
  }
  return text;
}

// As far as a cause still fits behind them.
void TableSink::widen_columns(std::size_t reader, std::size_t process) {
  const std::size_t taken = kRowFrame + kCauseWidth + reader_width_ + process_width_;
  std::size_t spare = page_.width() - std::min(taken, page_.width());
  const auto widen = [&spare](std::size_t& column, std::size_t wanted) {
    const std::size_t more = std::min(spare, wanted - std::min(wanted, column));
    column += more;
    spare -= more;
  };
  widen(process_width_, process);
  widen(reader_width_, reader);
}

}  // namespace reloadtrace
