// SPDX-License-Identifier: Apache-2.0
// Cutting the texts of /proc into lines and words, without copying them.
#pragma once

#include <cstddef>
#include <string_view>

namespace reloadtrace::node {

// Takes the text up to `separator` off the front, and the separator too.
inline std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

inline std::string_view take_line(std::string_view& text) {
  return take_until(text, '\n');
}

// The next word; words are separated by any number of spaces and tabs.
inline std::string_view take_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
  const std::size_t end = text.find_first_of(" \t");
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  return word;
}

}  // namespace reloadtrace::node
