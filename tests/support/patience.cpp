// SPDX-License-Identifier: Apache-2.0
#include "tests/support/patience.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

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

bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + patient(timeout);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

bool cpu_is_emulated() {
  return time_scale() > 1;
}

}  // namespace reloadtrace::testing
