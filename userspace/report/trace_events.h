// SPDX-License-Identifier: Apache-2.0
// A history as trace events, for timeline viewers: https://ui.perfetto.dev, chrome://tracing.
//
// The format is the JSON one of the Trace Event Format. A process is a pod on a node, a thread one
// of its containers. A swap is an instant; a verdict is a span from the publish, and within it lie
// the ones to the notice, to the open and to the end of reading.
#pragma once

#include <string>
#include <string_view>

#include "userspace/report/history.h"

namespace reloadtrace {

// Times are microseconds from the first publish, whose date is in `otherData`.
std::string trace_events(const History& history, std::string_view source, std::string_view version);

}  // namespace reloadtrace
