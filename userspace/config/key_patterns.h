// SPDX-License-Identifier: Apache-2.0
// Keys whose changes are noise: time stamps, checksums, what a deployment tool writes into a file.
//
// A pattern names a key and all that lies below it, by its whole path. A `*` stands for any run of
// characters. One without a dot names such a key wherever it is:
//
//   generatedAt           generatedAt, metadata.generatedAt, items[3].generatedAt.epoch
//   metadata.labels       metadata.labels, metadata.labels.app; not spec.metadata.labels
//   *.labels.build-*      spec.labels.build-id, spec.template.labels.build-time
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"

namespace re2 {
class RE2;
}

namespace reloadtrace::config {

constexpr std::size_t kMaxPatternBytes = 256;

class KeyPatterns {
 public:
  // An error for a pattern that is empty or too long.
  Result<> add(std::string_view pattern);

  bool match(std::string_view key) const;

 private:
  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
};

}  // namespace reloadtrace::config
