// SPDX-License-Identifier: Apache-2.0
// Where the programs lie that were built with the tests.
#pragma once

#include <string>

namespace reloadtrace::testing {

std::string built_actor();
std::string built_publisher();
std::string built_tracer();  // empty: none was

}  // namespace reloadtrace::testing
