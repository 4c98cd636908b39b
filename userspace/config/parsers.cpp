// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/parsers.h"

#include <algorithm>
#include <utility>

namespace reloadtrace::config {
namespace {

// Names that look like what they are in a path; others go into quotes.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '/' || c == '@' || c == '$' || c == '<' || c == '*';
  });
}

std::string quoted(std::string_view name) {
  std::string out = "[\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out += "\"]";
}

}  // namespace

bool Entries::add(Entry entry) {
  bytes_ += entry.key.size() + entry.value.size() + entry.type.size();
  if (bytes_ > kMaxBytes || entries_.size() >= kMaxEntries) {
    full_ = true;
    return false;
  }
  entries_.push_back(std::move(entry));
  return true;
}

Result<Document> Entries::finish() && {
  if (full_) {
    return malformed("more keys than are compared");
  }
  const auto by_key = [](const Entry& a, const Entry& b) { return a.key < b.key; };
  std::stable_sort(entries_.begin(), entries_.end(), by_key);
  for (auto first = entries_.begin(); first != entries_.end();) {
    const auto end = std::find_if(first, entries_.end(),
                                  [&](const Entry& entry) { return entry.key != first->key; });
    if (end - first > 1 && twice_ == Twice::Error) {
      return malformed("a key comes twice");
    }
    if (end - first > 1 && twice_ == Twice::EachCounts) {
      // "key", "key[1]", "key[2]": their order among each other is kept.
      for (auto again = first + 1; again != end; ++again) {
        again->key += "[" + std::to_string(again - first) + "]";
      }
    }
    first = end;
  }
  if (twice_ == Twice::LastWins) {
    Document last;
    for (Entry& entry : entries_) {
      if (!last.empty() && last.back().key == entry.key) {
        last.back() = std::move(entry);
      } else {
        last.push_back(std::move(entry));
      }
    }
    return last;
  }
  std::stable_sort(entries_.begin(), entries_.end(), by_key);
  return std::move(entries_);
}

bool KeyPath::enter_map() {
  return enter(true);
}

bool KeyPath::enter_list() {
  return enter(false);
}

bool KeyPath::enter(bool map) {
  if (levels_.size() >= static_cast<std::size_t>(kMaxDepth)) {
    return false;
  }
  levels_.push_back({path_.size(), 0, map});
  return true;
}

bool KeyPath::leave() {
  const Level level = levels_.back();
  path_.resize(level.length);
  levels_.pop_back();
  return level.items == 0;
}

void KeyPath::name(std::string_view key, bool in_quotes) {
  path_.resize(levels_.back().length);
  ++levels_.back().items;
  if (in_quotes || !is_plain(key)) {
    path_ += quoted(key);
    return;
  }
  if (!path_.empty() && path_.back() != ':') {
    path_ += '.';
  }
  path_ += key;
}

void KeyPath::next_item() {
  if (!levels_.empty() && !levels_.back().map) {
    path_.resize(levels_.back().length);
    path_ += "[" + std::to_string(levels_.back().items++) + "]";
  }
}

void KeyPath::begin(std::string prefix) {
  levels_.clear();
  path_ = std::move(prefix);
}

Error malformed(std::string reason) {
  return Error{std::make_error_code(std::errc::bad_message), std::move(reason)};
}

Error malformed_at(std::size_t line, std::string_view reason) {
  return malformed("line " + std::to_string(line) + ": " + std::string(reason));
}

}  // namespace reloadtrace::config
