// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/table_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "userspace/engine/wording.h"

namespace reloadtrace {

Look look_of(Verdict verdict, const Glyphs& glyphs) {
  switch (verdict) {
    case Verdict::Reloaded:
    case Verdict::Restarted:
      return {glyphs.good, Style::Good, true, false};
    case Verdict::Late:
      return {glyphs.good, Style::Warn, true, false};
    case Verdict::Partial:
    case Verdict::Torn:
    case Verdict::Stale:
      return {glyphs.bad, Style::Bad, false, false};
    case Verdict::Unknown:
      return {glyphs.unsure, Style::Warn, false, false};
    case Verdict::Unchanged:
    case Verdict::Superseded:
    case Verdict::Exited:
    case Verdict::Pending:
      break;
  }
  return {glyphs.quiet, Style::Dim, false, true};
}

Ability ability_of(std::string_view can_reload, const Glyphs& glyphs) {
  if (can_reload == "yes") {
    return {glyphs.good, Style::Good, "can reload"};
  }
  if (can_reload == "no") {
    return {glyphs.bad, Style::Bad, "cannot reload"};
  }
  return {glyphs.unsure, Style::Warn, "cannot tell"};
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::uint64_t total(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) {
    sum += count;
  }
  return sum;
}

std::string pod_name(const ReaderInfo& reader) {
  return reader.pod.empty() ? std::string() : reader.pod_namespace + "/" + reader.pod;
}

std::string reader_label(const ReaderInfo& reader) {
  constexpr std::size_t kShortId = 12;
  if (!reader.container) {
    return "(host)";
  }
  return reader.name.empty() ? reader.container_id.substr(0, kShortId) : reader.name;
}

std::string volume_label(const VolumeInfo& volume) {
  const bool directory = volume.kind == "directory" && !volume.host_path.empty();
  return volume.kind + " " + (directory ? volume.host_path : volume.name);
}

std::string volume_key(const VolumeInfo& volume) {
  return volume.host_path.empty() ? volume.pod_uid + "/" + volume.name : volume.host_path;
}

std::string latency_of(const ReloadReport& report) {
  // A verdict that needs no waiting comes with the publish.
  constexpr Duration kAtOnce = std::chrono::milliseconds(100);
  const Latencies& latency = report.latency;
  switch (report.verdict) {
    case Verdict::Reloaded:
    case Verdict::Restarted:
    case Verdict::Late:
      for (const auto& one : {latency.read, latency.opened, latency.notified}) {
        if (one) {
          return say(*one);
        }
      }
      return {};
    case Verdict::Unchanged:
      return {};
    default:
      break;
  }
  if (!report.publish.at) {
    return {};
  }
  const Duration waited = std::max(report.at - report.publish.at, Duration::zero());
  return waited < kAtOnce ? "at once" : say(waited);
}

bool is_missing(const std::pair<std::string, std::string>& hook) {
  return hook.second == "missing";
}

}  // namespace reloadtrace
