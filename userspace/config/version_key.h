// SPDX-License-Identifier: Apache-2.0
// What a configuration calls itself: the version that stands in one of its files.
//
// The text comes from whoever may write the configuration, so every step is bounded: RE2 matches in
// linear time without recursion (std::regex overflows the stack on a long line), line by line.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace re2 {
class RE2;
}

namespace reloadtrace::config {

// A longer file has no version: it is not read in part, for the key might come later.
constexpr std::size_t kMaxVersionFileBytes = 1U << 20U;
// A longer match is no version, and neither is one with control characters or broken UTF-8.
constexpr std::size_t kMaxVersionBytes = 128;

class VersionKey {
 public:
  // "FILE" or "FILE:REGEX"; the first colon divides. An error when FILE is empty, absolute or leads
  // upwards, or when REGEX is none of RE2's.
  static Result<VersionKey> parse(std::string_view text);

  // As readers see it below the volume: "app.yaml".
  const std::string& file() const { return file_; }

  // The version in that file's text. Without a REGEX: the value of the first of version,
  // git-commit, git_commit, commit, revision that stands at the top level. With one: the first
  // capture group, or else the whole match, in the first line that matches.
  std::optional<std::string> find(std::string_view text) const;

 private:
  std::string file_;
  std::shared_ptr<const re2::RE2> pattern_;  // null: the default keys
};

}  // namespace reloadtrace::config
