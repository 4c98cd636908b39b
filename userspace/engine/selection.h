// SPDX-License-Identifier: Apache-2.0
// Which readers the user asked about (--container, --pid).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/engine/model.h"

namespace reloadtrace {

// A container by its name or id (or a prefix of it, 12 characters or more), a process, or the
// container with that process in it. Without any, all readers are asked about.
struct Selection {
  std::vector<std::string> containers;
  std::vector<std::uint32_t> pids;

  bool takes(const Reader& reader) const;
};

bool names_it(const std::string& container, const Reader& reader);
bool has_process(const Reader& reader, std::uint32_t pid);

}  // namespace reloadtrace
