// SPDX-License-Identifier: Apache-2.0
// What `reloadtrace doctor` says: which readers can reload, and which cannot.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "userspace/engine/report.h"
#include "userspace/sink/table_layout.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

struct DoctorReport {
  std::string version;
  Session session;
  std::size_t volumes = 0;
  std::vector<ReaderReport> readers;
};

// Those who need an engineer first: no, unknown, yes; else as they came.
void sort_by_urgency(std::vector<ReaderReport>& readers);

// A line of kind `reader` each.
std::string to_json_lines(const DoctorReport& report);

// For people: a block for each volume, the one with the most urgent reader first, and how many can
// and cannot at the end.
std::string to_table(const DoctorReport& report, const TableOptions& options);

}  // namespace reloadtrace
