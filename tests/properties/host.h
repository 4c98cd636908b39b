// SPDX-License-Identifier: Apache-2.0
// What /proc would have said while a tale happened: the truth, whatever of it was lost on the way.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/properties/tale.h"

namespace reloadtrace::testing {

class Host {
 public:
  explicit Host(const Tale& tale);

  // As the host answers Engine::Inspect. A process that lives as it was found when the tale looked
  // at it; without such a look it watches and holds nothing.
  void inspect(std::uint32_t tgid, Timestamp now, Engine& engine) const;

 private:
  struct Look {
    Timestamp at;
    std::vector<Event> facts;  // the last one is the InspectedFact
  };

  bool lives(std::uint32_t tgid, Timestamp now) const;

  std::map<std::uint32_t, std::vector<Look>> looks_;
  std::map<std::uint32_t, std::vector<Timestamp>> begun_;
  std::map<std::uint32_t, std::vector<Timestamp>> ended_;
};

}  // namespace reloadtrace::testing
