// SPDX-License-Identifier: Apache-2.0
// Each name once, as a small number: many lines say the same few.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace reloadtrace {

class Names {
 public:
  using Id = std::uint32_t;

  // 0 is the empty name.
  Names() { id_of(""); }
  Names(Names&&) = default;  // a deque's move leaves each name where it is
  Names& operator=(Names&&) = default;

  Id id_of(std::string_view name) {
    const auto known = ids_.find(name);
    if (known != ids_.end()) {
      return known->second;
    }
    const auto id = static_cast<Id>(names_.size());
    ids_.emplace(names_.emplace_back(name), id);
    return id;
  }

  const std::string& operator[](Id id) const { return names_[id]; }
  // In the order of their numbers.
  const std::deque<std::string>& all() const { return names_; }

 private:
  std::deque<std::string> names_;  // never moves one
  std::unordered_map<std::string_view, Id> ids_;
};

}  // namespace reloadtrace
