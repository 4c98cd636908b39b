// SPDX-License-Identifier: Apache-2.0
// Records of the rings, and facts of a recording.
#include <span>

#include "tests/fuzz/target.h"
#include "userspace/wire/event.h"
#include "userspace/wire/fact_codec.h"
#include "userspace/wire/record.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(event) {
  const auto record = std::as_bytes(std::span(bytes));
  time_of_record(record);
  if (const auto decoded = decode(record)) {
    time_of(*decoded);
    origin_of(*decoded);
  }
  if (const auto fact = decode_fact(record)) {
    std::vector<std::byte> again;
    encode_fact(*fact, again);
  }
}
