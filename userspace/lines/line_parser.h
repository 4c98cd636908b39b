// SPDX-License-Identifier: Apache-2.0
// From the bytes of one line to its fields.
//
// Parsed by events and in place, without a tree: many nodes write many lines, and reading them
// should take as long as their bytes take from the disk.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "userspace/lines/line.h"

namespace reloadtrace {

struct NewerSchema {
  std::uint64_t schema = 0;
};
struct NoLine {
  std::string why;  // "not JSON", "a reload line without a verdict"
};

class LineParser {
 public:
  // Valid until the next call. A kind that schema 1 does not know is Other, and fields that we do
  // not know are passed over: within a schema both may be added.
  std::variant<const Line*, NewerSchema, NoLine> parse(std::string_view text);

 private:
  std::string bytes_;  // strings are unescaped in place
  Line line_;
};

}  // namespace reloadtrace
