// SPDX-License-Identifier: Apache-2.0
// Judged readers, counted by volume and generation.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "userspace/compare/comparison.h"

namespace reloadtrace {

class Tally {
 public:
  explicit Tally(ComparedVolume volume) : volume_(std::move(volume)) {}

  void add(ComparedReader reader);

  const std::set<std::string>& nodes() const { return nodes_; }
  ComparedVolume take();

 private:
  struct Group {
    Generation generation;
    std::set<std::string> nodes;
  };

  ComparedVolume volume_;
  std::map<std::pair<Standing, std::string>, Group> groups_;  // standing and version
  std::set<std::string> nodes_;
};

// Volumes without readers are left out.
Comparison sum_up(std::vector<Tally> tallies);

}  // namespace reloadtrace
