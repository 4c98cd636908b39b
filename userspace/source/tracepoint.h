// SPDX-License-Identifier: Apache-2.0
// Tracepoints of the perf kind, found without a tracefs that somebody mounted.
#pragma once

#include <string>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// A tracefs of our own that no mount namespace sees: images and many nodes have none mounted, and a
// mount of ours would stay behind when we are killed.
class Tracefs {
 public:
  static Result<Tracefs> open();

  // A perf event to attach a program to. ENOENT: this kernel has no such tracepoint.
  Result<UniqueFd> tracepoint(const std::string& category, const std::string& name) const;

 private:
  explicit Tracefs(UniqueFd root) : root_(std::move(root)) {}

  UniqueFd root_;
};

}  // namespace reloadtrace
