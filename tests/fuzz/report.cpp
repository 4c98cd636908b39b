// SPDX-License-Identifier: Apache-2.0
// JSON lines into `report`.
#include <cstdlib>

#include "tests/fuzz/target.h"
#include "userspace/lines/line_reader.h"
#include "userspace/report/history.h"
#include "userspace/report/page_data.h"
#include "userspace/report/trace_events.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(report) {
  Flaws flaws;
  LineReader reader(file_of(bytes), "lines", {LineKind::Publish, LineKind::Reload, LineKind::Loss},
                    flaws);
  if (reader.is_compressed()) {
    return;
  }
  History history;
  while (const Line* line = reader.next()) {
    history.observe(*line);
  }
  history.arrange();
  if (page_data(history, "lines", "1").find('<') != std::string::npos) {
    std::abort();  // it would end the script element that it stands in
  }
  trace_events(history, "lines", "1");
}
