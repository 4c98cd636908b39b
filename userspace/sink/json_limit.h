// SPDX-License-Identifier: Apache-2.0
// Keeps a JSON line within a size, whatever names and lists came in.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace reloadtrace {

// As text with its '\n', at most `max_bytes` of it. If that takes cutting, lists go first, then
// long strings, each to a half until it fits, and `line` gets "truncated": true.
std::string dump_within(nlohmann::ordered_json& line, std::size_t max_bytes);

// At most `max_bytes` of it and a "…" if something went; never half a character.
void shorten(std::string& text, std::size_t max_bytes);

}  // namespace reloadtrace
