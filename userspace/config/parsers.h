// SPDX-License-Identifier: Apache-2.0
// One parser for each format; document.h is how to call them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/config/document.h"

namespace reloadtrace::config {

// What a parser finds, within bounds. Past them add() and enter() refuse.
class Entries {
 public:
  // What a key that comes twice means.
  enum class Twice { Error, LastWins, EachCounts };

  void twice(Twice meaning) { twice_ = meaning; }

  // A key below where the parser is; false when there is no room.
  bool add(Entry entry);

  // Sorted. An error for a key that may not come twice, and when something was refused.
  Result<Document> finish() &&;

 private:
  // A key is as long as its path: one long name above many would fill the memory.
  static constexpr std::size_t kMaxBytes = 16U << 20U;
  static constexpr std::size_t kMaxEntries = 100'000;

  Document entries_;
  std::size_t bytes_ = 0;
  bool full_ = false;
  Twice twice_ = Twice::Error;
};

// Where in nested maps and lists a parser is.
class KeyPath {
 public:
  // Each returns false when it is too deep.
  bool enter_map();
  bool enter_list();
  // Whether nothing was in it.
  bool leave();

  // Of what comes next in the map. A plain name goes without quotes, unless `in_quotes`.
  void name(std::string_view key, bool in_quotes = false);
  void next_item();  // the list goes on; nothing in a map or outside

  bool in_map() const { return !levels_.empty() && levels_.back().map; }
  // The key of what is being read: "a.b[2]"; "." for a document that is one value.
  std::string text() const { return path_.empty() ? "." : path_; }
  // Before all keys: tells documents of one file apart.
  void begin(std::string prefix);

 private:
  struct Level {
    std::size_t length;  // of the path without what is in here
    std::size_t items;   // so far
    bool map;
  };

  bool enter(bool map);

  std::string path_;
  std::vector<Level> levels_;
};

Error malformed(std::string reason);
Error malformed_at(std::size_t line, std::string_view reason);

Result<> parse_yaml(std::string_view text, Entries& out);
Result<> parse_json(std::string_view text, Entries& out);
// java.util.Properties: escapes, continued lines, `#` and `!`.
Result<> parse_properties(std::string_view text, Entries& out);
// NAME=VALUE, as `docker run --env-file` and dotenv have them.
Result<> parse_env(std::string_view text, Entries& out);
// Sections, `key = value` or `key: value`, lines that go on further indented.
Result<> parse_ini(std::string_view text, Entries& out);

}  // namespace reloadtrace::config
