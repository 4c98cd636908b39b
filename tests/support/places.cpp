// SPDX-License-Identifier: Apache-2.0
#include "tests/support/places.h"

namespace reloadtrace::testing {

std::string in_project(std::string_view path) {
  return std::string(PROJECT_DIRECTORY "/").append(path);
}

}  // namespace reloadtrace::testing
