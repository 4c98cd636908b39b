// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/selection.h"

#include <fnmatch.h>

#include <algorithm>

namespace reloadtrace {
namespace {

// A container's short id, as runtimes print it.
constexpr std::size_t kShortId = 12;

bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace

bool names_it(const std::string& container, const Reader& reader) {
  return !reader.container_id.empty() &&
         (container == reader.container.name || container == reader.container_id ||
          (container.size() >= kShortId && reader.container_id.starts_with(container)));
}

bool has_process(const Reader& reader, std::uint32_t pid) {
  return std::find(reader.processes.begin(), reader.processes.end(), pid) != reader.processes.end();
}

bool runs_in(const PodPattern& pod, const Reader& reader) {
  return !reader.container.pod.empty() && matches(pod.pod, reader.container.pod) &&
         (pod.pod_namespace.empty() || runs_in(pod.pod_namespace, reader));
}

bool runs_in(const std::string& name_space, const Reader& reader) {
  return !reader.container.pod_namespace.empty() &&
         matches(name_space, reader.container.pod_namespace);
}

PodPattern parse_pod_pattern(const std::string& text) {
  const std::size_t slash = text.find('/');
  return slash == std::string::npos ? PodPattern{"", text}
                                    : PodPattern{text.substr(0, slash), text.substr(slash + 1)};
}

bool Selection::takes(const Reader& reader) const {
  const auto any = [](const auto& wanted, auto passes) {
    return std::any_of(wanted.begin(), wanted.end(), passes);
  };
  const bool whom =
      (containers.empty() && pids.empty()) ||
      any(containers, [&](const std::string& name) { return names_it(name, reader); }) ||
      any(pids, [&](std::uint32_t pid) { return has_process(reader, pid); });
  return whom &&
         (pods.empty() || any(pods, [&](const PodPattern& pod) { return runs_in(pod, reader); })) &&
         (namespaces.empty() ||
          any(namespaces, [&](const std::string& name) { return runs_in(name, reader); }));
}

}  // namespace reloadtrace
