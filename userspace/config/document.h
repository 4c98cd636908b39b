// SPDX-License-Identifier: Apache-2.0
// A configuration file as what it means: a value for each key, whatever comments, order and white
// space it is written with.
//
// The text comes from whoever may write the configuration: depth, number of keys and memory are
// bounded. Wherever a format leaves room (is this `#` a comment?), the reading is the one under
// which more texts differ: two documents that are equal mean the same to every parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"

namespace reloadtrace::config {

// A longer file is not parsed.
constexpr std::size_t kMaxDocumentBytes = 1U << 20U;
constexpr int kMaxDepth = 64;

enum class Format : std::uint8_t { Yaml, Json, Properties, Env, Ini };

// By the file's name alone; nothing for one that says no format.
std::optional<Format> format_of(std::string_view file);
// "YAML", "JSON" …
std::string_view name_of(Format format);

struct Entry {
  std::string key;    // "spec.containers[0].image"; a name with other characters is in quotes
  std::string value;  // as text
  // Tells values apart that are alike as text: the number 1 and the string "1".
  std::string type = {};
};

// Entries sorted by key, each key once.
using Document = std::vector<Entry>;

// The error is a reason for people: "not YAML: line 3: …".
Result<Document> parse_document(Format format, std::string_view text);

}  // namespace reloadtrace::config
