// SPDX-License-Identifier: Apache-2.0
// The JSON Schema (draft-07) of the JSON lines, as this binary writes them.
#pragma once

#include <string_view>

namespace reloadtrace {

// Strict: it knows every field of this version and refuses others, so that a typo here or there
// cannot pass. Readers of lines of newer versions ignore fields that they do not know.
std::string_view json_schema();

}  // namespace reloadtrace
