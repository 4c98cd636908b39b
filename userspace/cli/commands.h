// SPDX-License-Identifier: Apache-2.0
// The commands. Each runs to its end and gives the exit code; messages for people go to stderr.
#pragma once

#include "userspace/cli/command_line.h"

namespace reloadtrace {

int run(const TraceOptions& options);
int run(const ReplayOptions& options);
int run(const DoctorOptions& options);
int run(const ReportOptions& options);
int run(const CompareOptions& options);
int run(const CheckOptions& options);
int run(const SchemaOptions& options);
int run(const ExplainOptions& options);

}  // namespace reloadtrace
