// SPDX-License-Identifier: Apache-2.0
#include "userspace/lines/flaws.h"

#include <fmt/format.h>

#include <algorithm>

namespace reloadtrace {
namespace {

struct Wording {
  std::string_view one;
  std::string_view many;
};

// In the order of Flaw.
constexpr std::array<Wording, kFlaws> kWordings = {{
    {"1 line is of a newer schema than this version reads and was passed over",
     "{} lines are of a newer schema than this version reads and were passed over"},
    {"1 line is no line of reloadtrace and was passed over",
     "{} lines are no lines of reloadtrace and were passed over"},
    {"1 file ends in the middle of a line, which was passed over",
     "{} files end in the middle of a line, which was passed over"},
    {"1 line is too long and was passed over", "{} lines are too long and were passed over"},
    {"1 file is empty", "{} files are empty"},
    {"1 file cannot be read", "{} files cannot be read"},
}};

}  // namespace

void Flaws::add(Flaw flaw, std::string_view file, std::uint64_t line, std::string_view detail) {
  Counted& counted = counted_[static_cast<std::size_t>(flaw)];
  if (counted.count++ == 0) {
    counted.first = line == 0 ? std::string(file) : fmt::format("{}:{}", file, line);
    counted.detail = detail;
  }
}

bool Flaws::any() const {
  return std::ranges::any_of(counted_, [](const Counted& one) { return one.count > 0; });
}

std::vector<std::string> Flaws::sentences() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kFlaws; ++i) {
    const Counted& counted = counted_[i];
    if (counted.count == 0) {
      continue;
    }
    std::string sentence = counted.count == 1
                               ? std::string(kWordings[i].one)
                               : fmt::format(fmt::runtime(kWordings[i].many), counted.count);
    sentence += (counted.count == 1 ? ": " : ", the first one is ") + counted.first;
    if (!counted.detail.empty()) {
      sentence += " (" + counted.detail + ")";
    }
    out.push_back(std::move(sentence));
  }
  return out;
}

}  // namespace reloadtrace
