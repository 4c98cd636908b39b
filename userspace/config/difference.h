// SPDX-License-Identifier: Apache-2.0
// Which keys of a configuration file changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/config/document.h"
#include "userspace/config/key_patterns.h"

namespace reloadtrace::config {

enum class Detail : std::uint8_t { Off, Keys, Values };

struct DiffOptions {
  Detail detail = Detail::Off;
  KeyPatterns ignored;
};

// Longer keys and values are cut, at a whole character, and end in "…"; what is compared is all.
constexpr std::size_t kMaxShownBytes = 200;
// More are counted only.
constexpr std::size_t kMaxShownKeys = 50;

enum class KeyChangeKind : std::uint8_t { Modified, Added, Removed };

struct KeyChange {
  std::string key;
  KeyChangeKind kind = KeyChangeKind::Modified;
  std::string before;  // with Detail::Values; empty for an added key
  std::string after;   // empty for a removed one
};

struct Difference {
  // Why nothing but bytes could be compared: "larger than 1 MiB", "not YAML: line 3: …"; empty when
  // the rest of this holds.
  std::string not_compared;
  std::vector<KeyChange> keys;  // by name
  std::uint32_t more = 0;       // changed as well
  std::uint32_t ignored = 0;    // changed, and of no interest

  // Other bytes, and the same meaning.
  bool pseudo() const { return not_compared.empty() && keys.empty() && more == 0; }
};

// `file` says the format.
Difference difference(std::string_view file,
                      std::string_view before,
                      std::string_view after,
                      const DiffOptions& options);

}  // namespace reloadtrace::config
