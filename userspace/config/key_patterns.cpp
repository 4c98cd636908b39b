// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/key_patterns.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace reloadtrace::config {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Result<> KeyPatterns::add(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaxPatternBytes) {
    return Error{std::make_error_code(std::errc::invalid_argument),
                 pattern.empty() ? "a pattern that names no key" : "a pattern of over 256 bytes"};
  }
  std::string regex;
  for (const char c : pattern) {
    regex += c == '*' ? ".*" : RE2::QuoteMeta(re2::StringPiece(&c, 1));
  }
  // A name begins after a dot, a blank (of an INI section) or the number of a document.
  const bool anywhere = pattern.find('.') == std::string_view::npos;
  regex = std::string(anywhere ? "(?:.*[.\\] :])?" : "") + regex + "(?:[.\\[].*)?";
  // Latin-1: every byte is a character, whatever encoding a key is in.
  RE2::Options options(RE2::Latin1);
  options.set_dot_nl(true);
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(regex, options);
  if (!compiled->ok()) {
    return Error{std::make_error_code(std::errc::invalid_argument), compiled->error()};
  }
  patterns_.push_back(std::move(compiled));
  return Unit{};
}

bool KeyPatterns::match(std::string_view key) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const auto& pattern) { return RE2::FullMatch(piece(key), *pattern); });
}

}  // namespace reloadtrace::config
