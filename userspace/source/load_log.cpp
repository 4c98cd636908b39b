// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/load_log.h"

#include <string_view>
#include <utility>

namespace reloadtrace {

void LoadLog::add(std::string line) {
  while (!line.empty() && line.back() == '\n') {
    line.pop_back();
  }
  lines_.push_back(std::move(line));
}

std::string LoadLog::reason() const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->find("failed to load") == std::string::npos &&
        line->find("PROG LOAD LOG") == std::string::npos) {
      return *line;
    }
  }
  return lines_.empty() ? "no reason given" : lines_.back();
}

std::string LoadLog::failed_program() const {
  constexpr std::string_view kBegin = "prog '";
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    const auto begin = line->find(kBegin);
    const auto end = line->find("': failed to", begin == std::string::npos ? 0 : begin);
    if (begin != std::string::npos && end != std::string::npos) {
      return line->substr(begin + kBegin.size(), end - begin - kBegin.size());
    }
  }
  return {};
}

}  // namespace reloadtrace
