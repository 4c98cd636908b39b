// SPDX-License-Identifier: Apache-2.0
// What was wrong with the input, so that it can be said in a few sentences however much it was.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reloadtrace {

enum class Flaw {
  NewerSchema,  // a line of a version that we do not know
  NoLine,       // not JSON, or not what a line of its kind has
  CutOff,       // the file ends in the middle of a line
  TooLong,      // far more than 64 KiB
  Empty,        // a file without a single byte
  Unreadable,   // cannot be opened, or reading it failed
};
inline constexpr std::size_t kFlaws = 6;

class Flaws {
 public:
  // `line` counts from 1; 0: the file as a whole. `detail` may be empty.
  void add(Flaw flaw, std::string_view file, std::uint64_t line, std::string_view detail = {});

  bool any() const;
  std::uint64_t count(Flaw flaw) const { return counted_[static_cast<std::size_t>(flaw)].count; }

  // One sentence for each flaw that there was: how often, and where first. File names are made
  // printable by whoever shows them.
  std::vector<std::string> sentences() const;

 private:
  struct Counted {
    std::uint64_t count = 0;
    std::string first;  // "n1.jsonl:12"
    std::string detail;
  };
  std::array<Counted, kFlaws> counted_;
};

}  // namespace reloadtrace
