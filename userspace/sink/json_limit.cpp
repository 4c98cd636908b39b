// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/json_limit.h"

#include <algorithm>

namespace reloadtrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxItems = 1024;
constexpr std::size_t kMinItems = 4;
constexpr std::size_t kMaxChars = 4096;  // PATH_MAX: whole paths survive as long as lists can give
constexpr std::size_t kMinChars = 32;
// More members than any object of the schema has by name, so that only maps are cut.
constexpr std::size_t kMinMembers = 32;
constexpr std::size_t kMaxKey = 128;

std::string dump_line(const Json& line) {
  std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
  text += '\n';
  return text;
}

void cut(Json& value, std::size_t max_items, std::size_t max_chars) {
  if (value.is_string()) {
    shorten(value.get_ref<std::string&>(), max_chars);
    return;
  }
  if (value.is_array() && value.size() > max_items) {
    value.erase(value.begin() + static_cast<std::ptrdiff_t>(max_items), value.end());
  }
  if (value.is_object()) {
    Json kept = Json::object();
    const std::size_t max_members = std::max(max_items, kMinMembers);
    for (auto& [key, member] : value.items()) {
      if (kept.size() < max_members && key.size() <= kMaxKey) {
        kept[key] = std::move(member);
      }
    }
    value = std::move(kept);
  }
  if (!value.is_structured()) {
    return;  // nlohmann's scalars iterate over themselves
  }
  for (Json& member : value) {
    cut(member, max_items, max_chars);
  }
}

}  // namespace

void shorten(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) {
    return;
  }
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;  // not in the middle of a character
  }
  text.resize(end);
  text += "…";
}

std::string dump_within(Json& line, std::size_t max_bytes) {
  std::string text = dump_line(line);
  std::size_t items = kMaxItems;
  std::size_t chars = kMaxChars;
  while (text.size() > max_bytes && chars >= kMinChars) {
    cut(line, items, chars);
    line["truncated"] = true;
    text = dump_line(line);
    if (items > kMinItems) {
      items /= 2;
    } else {
      chars /= 2;
    }
  }
  return text;
}

}  // namespace reloadtrace
