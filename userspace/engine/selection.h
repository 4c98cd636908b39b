// SPDX-License-Identifier: Apache-2.0
// Which readers the user asked about (--container, --pid, --pod, --namespace).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/engine/model.h"

namespace reloadtrace {

// A pod by name; a namespace that is empty is any. Both may be patterns: "web-*".
struct PodPattern {
  std::string pod_namespace;
  std::string pod;
};

// Whom: a container by its name or id (or a prefix of it, 12 characters or more), a process, or the
// container with that process in it; any of several. Where: in these pods, in these namespaces.
// Without any, all readers are asked about.
struct Selection {
  std::vector<std::string> containers;
  std::vector<std::uint32_t> pids;
  std::vector<PodPattern> pods = {};
  std::vector<std::string> namespaces = {};

  bool takes(const Reader& reader) const;
};

bool names_it(const std::string& container, const Reader& reader);
bool has_process(const Reader& reader, std::uint32_t pid);
bool runs_in(const PodPattern& pod, const Reader& reader);
bool runs_in(const std::string& name_space, const Reader& reader);

// "payments/web-0" or "web-0".
PodPattern parse_pod_pattern(const std::string& text);

}  // namespace reloadtrace
