// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace reloadtrace {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
}

// As UTF-8; what is not becomes U+FFFD.
std::string repaired(std::string_view text) {
  using nlohmann::json;
  const std::string quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(quoted).get<std::string>();
}

rapidjson::SizeType size_of(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

}  // namespace

void JsonText::put(std::string_view text) {
  if (is_ascii(text)) {
    writer_.String(text.data(), size_of(text));
    return;
  }
  const std::string valid = repaired(text);
  writer_.String(valid.data(), size_of(valid));
}

void JsonText::key(std::string_view name) {
  if (is_ascii(name)) {
    writer_.Key(name.data(), size_of(name));
    return;
  }
  const std::string valid = repaired(name);
  writer_.Key(valid.data(), size_of(valid));
}

}  // namespace reloadtrace
