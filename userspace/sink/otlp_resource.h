// SPDX-License-Identifier: Apache-2.0
// Whom a span is of, by the names of OpenTelemetry's semantic conventions for resources.
#pragma once

#include "userspace/engine/report.h"
#include "userspace/sink/otlp_span.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

// The program that wrote the new generation: kubelet, as a rule.
nlohmann::ordered_json publisher_resource(const Session& session,
                                          const PublishReport& report,
                                          OtlpLimits limits);

// The container that is to reread, or the process where there is none.
nlohmann::ordered_json reader_resource(const Session& session,
                                       const ReloadReport& report,
                                       OtlpLimits limits);

}  // namespace reloadtrace
