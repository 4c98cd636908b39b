// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/selection.h"

#include <algorithm>

namespace reloadtrace {
namespace {

// A container's short id, as runtimes print it.
constexpr std::size_t kShortId = 12;

}  // namespace

bool names_it(const std::string& container, const Reader& reader) {
  return !reader.container_id.empty() &&
         (container == reader.container.name || container == reader.container_id ||
          (container.size() >= kShortId && reader.container_id.starts_with(container)));
}

bool has_process(const Reader& reader, std::uint32_t pid) {
  return std::find(reader.processes.begin(), reader.processes.end(), pid) != reader.processes.end();
}

bool Selection::takes(const Reader& reader) const {
  return (containers.empty() && pids.empty()) ||
         std::any_of(containers.begin(), containers.end(),
                     [&](const std::string& wanted) { return names_it(wanted, reader); }) ||
         std::any_of(pids.begin(), pids.end(),
                     [&](std::uint32_t pid) { return has_process(reader, pid); });
}

}  // namespace reloadtrace
