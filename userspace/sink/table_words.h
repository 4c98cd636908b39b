// SPDX-License-Identifier: Apache-2.0
// The small words of the table: what stands for a verdict, a count, a volume.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/engine/report.h"
#include "userspace/sink/table_layout.h"

namespace reloadtrace {

// Columns of a row: "superseded", "119.9 s".
inline constexpr std::size_t kVerdictWidth = 11;
inline constexpr std::size_t kLatencyWidth = 8;

// In the order in which totals are told.
inline constexpr std::array kVerdicts = {Verdict::Reloaded, Verdict::Restarted, Verdict::Late,
                                         Verdict::Partial,  Verdict::Torn,      Verdict::Stale,
                                         Verdict::Unknown,  Verdict::Unchanged, Verdict::Superseded,
                                         Verdict::Exited,   Verdict::Pending};

struct Look {
  std::string_view glyph;
  Style style = Style::Plain;
  bool good = false;   // the new generation was read
  bool quiet = false;  // nothing to do about it
};
Look look_of(Verdict verdict, const Glyphs& glyphs);

struct Ability {
  std::string_view glyph;
  Style style = Style::Plain;
  std::string_view words;
};
// Of ReaderReport::can_reload.
Ability ability_of(std::string_view can_reload, const Glyphs& glyphs);

// "1 volume", "24 volumes"
std::string plural(std::uint64_t count, std::string_view noun);

std::uint64_t total(const std::map<std::string, std::uint64_t>& counts);

// "namespace/name"; empty outside Kubernetes.
std::string pod_name(const ReaderInfo& reader);

// "app"; outside Kubernetes a container has no name: its id as runtimes shorten it. "(host)" for a
// process outside containers, whose name is in another column.
std::string reader_label(const ReaderInfo& reader);

// "configmap config", "directory /etc/nginx"
std::string volume_label(const VolumeInfo& volume);

// The same for one volume in every report, however its readers see it.
std::string volume_key(const VolumeInfo& volume);

// When it was read, or how long it has not been; empty where time means nothing.
std::string latency_of(const ReloadReport& report);

bool is_missing(const std::pair<std::string, std::string>& hook);

}  // namespace reloadtrace
