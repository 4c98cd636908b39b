// SPDX-License-Identifier: Apache-2.0
#include "tests/support/built.h"

namespace reloadtrace::testing {

std::string built_actor() {
  return ACTOR_BINARY;
}

std::string built_publisher() {
  return PUBLISHER_BINARY;
}

std::string built_tracer() {
#ifdef TRACER_BINARY
  return TRACER_BINARY;
#else
  return {};
#endif
}

}  // namespace reloadtrace::testing
