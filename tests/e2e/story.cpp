// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/story.h"

#include <ostream>
#include <utility>

namespace reloadtrace::testing {

Row row_of(const Line& reload) {
  const auto text_or_empty = [](const Line& value) {
    return value.is_null() ? "" : value.get<std::string>();
  };
  const Line& trigger = reload.at("trigger");
  return {reload.value("verdict", ""), text_or_empty(reload.at("cause")),
          trigger.is_null() ? "" : text_or_empty(trigger.at("kind"))};
}

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.verdict << " cause=" << row.cause << " trigger=" << row.trigger;
}

Container& Story::start(const std::string& behaviour, const std::vector<std::string>& more) {
  return start({.command = actor(behaviour, kMount, more), .mounts = {volume_.mounted_at(kMount)}});
}

Container& Story::start(ContainerOptions options) {
  return *containers_.emplace_back(std::make_unique<Container>(pod_, std::move(options)));
}

void Story::trace(const std::vector<std::string>& more, const std::string& deadline) {
  std::vector<std::string> arguments = {"--path", volume_.path(), "--deadline", deadline};
  arguments.insert(arguments.end(), more.begin(), more.end());
  trace_with(std::move(arguments));
}

}  // namespace reloadtrace::testing
