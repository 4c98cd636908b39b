// SPDX-License-Identifier: Apache-2.0
// The spans of one publish, and of one reader that it is asked of.
#pragma once

#include <deque>
#include <vector>

#include "userspace/engine/report.h"
#include "userspace/sink/otlp_span.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

OtlpSpan publish_span(const Session& session, const PublishReport& report, OtlpLimits limits);

// The reload first, then its steps in order: those that were seen. `losses`, as far as they fall
// between the publish and the verdict, become events of the reload.
std::vector<OtlpSpan> reload_spans(const Session& session,
                                   const ReloadReport& report,
                                   const std::deque<LossReport>& losses,
                                   OtlpLimits limits);

}  // namespace reloadtrace
