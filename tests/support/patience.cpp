// SPDX-License-Identifier: Apache-2.0
#include "tests/support/patience.h"

#include <algorithm>
#include <cstdlib>

namespace reloadtrace::testing {
namespace {

double time_scale() {
  const char* value = std::getenv("RELOADTRACE_TIME_SCALE");
  return value == nullptr ? 1.0 : std::clamp(std::atof(value), 1.0, 1000.0);
}

}  // namespace

std::chrono::milliseconds patient(std::chrono::milliseconds timeout) {
  static const double scale = time_scale();
  return std::chrono::duration_cast<std::chrono::milliseconds>(timeout * scale);
}

bool cpu_is_emulated() {
  return time_scale() > 1;
}

}  // namespace reloadtrace::testing
