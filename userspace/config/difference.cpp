// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/difference.h"

#include <utility>

namespace reloadtrace::config {
namespace {

std::string shown(std::string text) {
  if (text.size() > kMaxShownBytes) {
    std::size_t end = kMaxShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;
    }
    text.resize(end);
    text += "…";
  }
  return text;
}

class Comparison {
 public:
  explicit Comparison(const DiffOptions& options) : options_(options) {}

  void compare(Document& before, Document& after) {
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
      const bool only_old = now == after.end() || (old != before.end() && old->key < now->key);
      const bool only_new = old == before.end() || (now != after.end() && now->key < old->key);
      if (only_old) {
        note(std::move(old->key), KeyChangeKind::Removed, std::move(old->value), {});
        ++old;
      } else if (only_new) {
        note(std::move(now->key), KeyChangeKind::Added, {}, std::move(now->value));
        ++now;
      } else {
        if (old->value == now->value && old->type != now->type) {
          old->value += " (" + old->type + ")";  // the number 1 became the string "1"
          now->value += " (" + now->type + ")";
        }
        if (old->value != now->value) {
          note(std::move(now->key), KeyChangeKind::Modified, std::move(old->value),
               std::move(now->value));
        }
        ++old;
        ++now;
      }
    }
  }

  Difference found;

 private:
  void note(std::string key, KeyChangeKind kind, std::string before, std::string after) {
    if (options_.ignored.match(key)) {
      ++found.ignored;
    } else if (found.keys.size() == kMaxShownKeys) {
      ++found.more;
    } else if (options_.detail == Detail::Values) {
      found.keys.push_back(
          {shown(std::move(key)), kind, shown(std::move(before)), shown(std::move(after))});
    } else {
      found.keys.push_back({shown(std::move(key)), kind, {}, {}});
    }
  }

  const DiffOptions& options_;
};

Difference bytes_alone(std::string reason) {
  Difference out;
  out.not_compared = std::move(reason);
  return out;
}

}  // namespace

Difference difference(std::string_view file,
                      std::string_view before,
                      std::string_view after,
                      const DiffOptions& options) {
  const auto format = format_of(file);
  if (!format) {
    return bytes_alone("its name says no format");
  }
  auto old = parse_document(*format, before);
  if (!old) {
    return bytes_alone("before: " + shown(old.error().message));
  }
  auto now = parse_document(*format, after);
  if (!now) {
    return bytes_alone(shown(now.error().message));
  }
  Comparison comparison(options);
  comparison.compare(*old, *now);
  return std::move(comparison.found);
}

}  // namespace reloadtrace::config
