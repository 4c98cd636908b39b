// SPDX-License-Identifier: Apache-2.0
// What libbpf says while it loads: it tells why only there. Kept, never printed.
#pragma once

#include <string>
#include <vector>

namespace reloadtrace {

class LoadLog {
 public:
  void add(std::string line);
  void clear() { lines_.clear(); }

  // The line that tells most: the last that does not merely repeat that loading failed, and is not
  // the verifier's log.
  std::string reason() const;
  // The program that was refused, from "prog 'on_exit': failed to load: -22"; empty = none named.
  std::string failed_program() const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace reloadtrace
