// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/scope_names.h"

#include <utility>

#include "userspace/node/files.h"

namespace reloadtrace::node {

ScopeNames::ScopeNames(Scope& scope, std::function<void(const std::string&)> warn)
    : scope_(scope), warn_(std::move(warn)) {}

void ScopeNames::track(VolumeId volume) {
  check(scope_.track_volume(volume), "track a volume");
}

void ScopeNames::forget(VolumeId volume) {
  check(scope_.forget_volume(volume), "forget a volume");
}

void ScopeNames::announce() {
  check(scope_.announce_volumes(), "have new volumes announced");
}

void ScopeNames::cgroup(std::uint64_t id, CgroupScope scope) {
  if (id != 0) {
    check(scope_.scope_cgroup(id, scope), "scope a cgroup");
  }
}

void ScopeNames::forget_cgroup(std::uint64_t id) {
  check(scope_.forget_cgroup(id), "forget a cgroup");
}

void ScopeNames::process(std::uint32_t tgid) {
  check(scope_.track_process(tgid), "track a process");
}

void ScopeNames::directory_path(std::string_view path) {
  directory(base_name(path));
}

void ScopeNames::contents(const Volume& volume) {
  directory_path(volume.site().host_path);
  for (const std::string& alias : volume.site().aliases) {
    directory_path(alias);
  }
  if (!volume.plain()) {
    file(volume.site().link);
    directory(volume.site().link);
  }
  for (const FileFact& fact : volume.current().files) {
    std::string_view path = fact.path;
    file(base_name(path));
    for (path = directory_name(path); !path.empty(); path = directory_name(path)) {
      directory(base_name(path));
    }
  }
}

void ScopeNames::file(std::string_view name) {
  if (!name.empty() && files_.emplace(name).second) {
    check(scope_.add_file_name(name), "add a file name");
  }
}

void ScopeNames::directory(std::string_view name) {
  if (!name.empty() && directories_.emplace(name).second) {
    check(scope_.add_directory_name(name), "add a directory name");
  }
}

void ScopeNames::check(const Result<>& result, const char* doing) {
  if (!result) {
    warn_once(with_context(result.error(), doing).message);
  }
}

void ScopeNames::warn_once(const std::string& sentence) {
  if (said_.insert(sentence).second && warn_) {
    warn_(sentence);
  }
}

}  // namespace reloadtrace::node
