// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/row.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace reloadtrace::live {
namespace {

// A report may tell of thousands of files and processes; a screen has room for some.
constexpr std::size_t kMaxDetails = 64;

template <typename T>
void shorten(std::vector<T>& list) {
  if (list.size() > kMaxDetails) {
    list.erase(list.begin() + kMaxDetails, list.end());
  }
}

ReloadReport shortened(ReloadReport report) {
  shorten(report.publish.changed);
  shorten(report.files);
  shorten(report.processes);
  shorten(report.observers);
  return report;
}

bool has_read_it(Verdict verdict) {
  return verdict == Verdict::Reloaded || verdict == Verdict::Late ||
         verdict == Verdict::Restarted || verdict == Verdict::Unchanged;
}

Attention attention_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Partial:
    case Verdict::Torn:
    case Verdict::Stale:
      return Attention::Failed;
    case Verdict::Late:
      return Attention::Late;
    case Verdict::Unknown:
      return Attention::Unknown;
    case Verdict::Reloaded:
    case Verdict::Restarted:
      return Attention::Good;
    case Verdict::Unchanged:
    case Verdict::Superseded:
    case Verdict::Exited:
    case Verdict::Pending:
      break;
  }
  return Attention::Quiet;
}

}  // namespace

std::string key_of(const ReaderInfo& reader, const VolumeInfo& volume) {
  const std::string who =
      reader.container ? reader.container_id : std::to_string(reader.process.pid);
  return who + '\n' + volume_key(volume);
}

std::string process_name(const ProcessInfo& process, Charset charset) {
  return fmt::format("{}[{}]", printable(process.comm, charset), process.pid);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') {
      letter = static_cast<char>(letter - 'A' + 'a');
    }
  }
  return out;
}

std::string Row::label(const PublishInfo& publish) const {
  return safe(publish.config_version.empty() ? publish.to : publish.config_version);
}

void Row::describe(const ReaderInfo& reader, const VolumeInfo& volume) {
  reader_ = reader;
  volume_ = volume;
  pod_ = safe(pod_name(reader));
  name_ = reader.container ? safe(reader_label(reader)) : process_name(reader.process, charset_);
  where_ = safe(volume_label(volume));
}

void Row::take(const RosterEntry& entry) {
  describe(entry.reader, entry.volume);
  newest_ = safe(entry.config_version.empty() ? entry.generation : entry.config_version);
  published_ = entry.published;
  awaited_ = entry.awaited;
  ended_ = {};
  if (told_.empty() && !awaited_) {
    has_ = newest_;  // nothing was published since it is watched
  }
  refresh_text();
}

void Row::take(const PublishReport& report) {
  published_ = report.publish.at;
  newest_ = label(report.publish);
  awaited_ = true;
  refresh_text();
}

void Row::take(const ReloadReport& report) {
  describe(report.reader, report.volume);
  const bool newest = report.publish.at >= published_;
  if (newest) {
    published_ = report.publish.at;
    newest_ = label(report.publish);
    awaited_ = false;
  }
  note_generation(report);
  told_.push_front({report.at, report.publish.at, report.verdict, report.cause, latency_of(report),
                    label(report.publish)});
  if (told_.size() > kMaxTold) {
    told_.pop_back();
  }
  last_ = shortened(report);
  cause_ = report.cause ? std::string(name_of(*report.cause)) : std::string();
  refresh_text();
}

void Row::note_generation(const ReloadReport& report) {
  if (has_read_it(report.verdict)) {
    has_ = label(report.publish);
  } else if (report.verdict == Verdict::Unknown) {
    has_ = "?";
  } else if (has_.empty()) {
    has_ = report.publish.from.empty() ? "?" : safe(report.publish.from);
  }
}

void Row::end(Timestamp at) {
  if (!ended_) {
    ended_ = at;
    awaited_ = false;
    refresh_text();
  }
}

Attention Row::attention() const {
  if (ended_) {
    return Attention::Ended;
  }
  if (awaited_) {
    return Attention::Waiting;
  }
  return last_ ? attention_of(last_->verdict) : Attention::Nothing;
}

std::optional<Duration> Row::latency(Timestamp now) const {
  if (awaited_) {
    return published_ ? std::optional(std::max(now - published_, Duration::zero())) : std::nullopt;
  }
  if (!last_) {
    return std::nullopt;
  }
  for (const auto& one : {last_->latency.read, last_->latency.opened, last_->latency.notified}) {
    if (one && (has_read_it(last_->verdict))) {
      return one;
    }
  }
  return std::max(last_->at - last_->publish.at, Duration::zero());
}

void Row::refresh_text() {
  text_ = lower(fmt::format("{} {} {} {} {} {} {}", pod_, name_, where_, has_, newest_,
                            awaited_ ? "waiting"
                            : last_  ? name_of(last_->verdict)
                                     : std::string_view(),
                            cause_));
}

}  // namespace reloadtrace::live
