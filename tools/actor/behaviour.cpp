// SPDX-License-Identifier: Apache-2.0
#include "tools/actor/behaviour.h"

#include <array>

namespace reloadtrace::actor {
namespace {

auto tables() {
  return std::array{watchers(),      watch_kinds(),  fanotify_users(), readers(), uring_readers(),
                    scripts(),       stat_pollers(), pollers(),        holders(), processes(),
                    signal_takers(), http_servers(), setup_failures(), hostile(), storms()};
}

}  // namespace

const Behaviour* find_behaviour(std::string_view name) {
  for (const auto table : tables()) {
    for (const Behaviour& behaviour : table) {
      if (behaviour.name == name) {
        return &behaviour;
      }
    }
  }
  return nullptr;
}

std::string list_of_behaviours() {
  std::string list;
  for (const auto table : tables()) {
    for (const Behaviour& behaviour : table) {
      std::string name(behaviour.name);
      name.resize(24, ' ');
      list += name + std::string(behaviour.description) + "\n";
    }
  }
  return list;
}

}  // namespace reloadtrace::actor
