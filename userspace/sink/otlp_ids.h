// SPDX-License-Identifier: Apache-2.0
// Names of traces and spans, made from what they are about.
//
// The same publish at the same reader has the same ids in every run over it, so a replay says what
// was said live, and a backend that gets a session twice overwrites instead of doubling.
#pragma once

#include <string>
#include <string_view>

#include "userspace/engine/report.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

// All are lower-case hex, 32 digits for a trace and 16 for a span, and never zero alone.

// By node, volume, time and generation: readers of one volume share a trace, whoever they are.
std::string publish_trace_id(const Session& session,
                             const VolumeInfo& volume,
                             const PublishInfo& publish);

std::string publish_span_id(std::string_view trace_id);

// By the container (or the process) and where it sees the volume. A late verdict has its own: the
// stale one before it remains true.
std::string reload_span_id(std::string_view trace_id, const ReloadReport& report);

// Of a step ("notice", "open", "read") beneath a reload.
std::string step_span_id(std::string_view reload_span_id, std::string_view step);

}  // namespace reloadtrace
