// SPDX-License-Identifier: Apache-2.0
// JSON lines into `compare`.
#include "tests/fuzz/target.h"
#include "userspace/compare/comparison_json.h"
#include "userspace/compare/comparison_table.h"
#include "userspace/compare/fleet.h"
#include "userspace/lines/line_reader.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(compare) {
  Flaws flaws;
  LineReader reader(file_of(bytes), "lines", {LineKind::Publish, LineKind::Reload}, flaws);
  Fleet fleet;
  while (const Line* line = reader.next()) {
    fleet.observe(*line);
  }
  const Comparison comparison = fleet.conclude();
  to_json(comparison);
  to_table(comparison, "1", {});
  flaws.sentences();
}
