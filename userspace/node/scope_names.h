// SPDX-License-Identifier: Apache-2.0
// Tells the scope what to report, each name once, and says once when it could not be told.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "userspace/base/result.h"
#include "userspace/node/volume.h"
#include "userspace/wire/scope.h"

namespace reloadtrace::node {

class ScopeNames {
 public:
  ScopeNames(Scope& scope, std::function<void(const std::string&)> warn);

  void track(VolumeId volume);
  void forget(VolumeId volume);
  void announce();
  void cgroup(std::uint64_t id, CgroupScope scope);
  void forget_cgroup(std::uint64_t id);
  void process(std::uint32_t tgid);

  // Names that the root of a volume goes by, in the place where this path leads to it.
  void directory_path(std::string_view path);
  // Names of the files and subdirectories that a volume has now.
  void contents(const Volume& volume);

  // Says a sentence once.
  void warn_once(const std::string& sentence);

 private:
  void file(std::string_view name);
  void directory(std::string_view name);
  void check(const Result<>& result, const char* doing);

  Scope& scope_;
  std::function<void(const std::string&)> warn_;
  std::unordered_set<std::string> files_;
  std::unordered_set<std::string> directories_;
  std::unordered_set<std::string> said_;
};

}  // namespace reloadtrace::node
