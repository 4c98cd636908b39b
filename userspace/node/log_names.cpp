// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/log_names.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kIdLength = 64;

}  // namespace

std::optional<LogLink> parse_log_link(std::string_view name) {
  if (!name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::string_view rest = name.substr(0, name.size() - kSuffix.size());
  LogLink link;
  // No name of Kubernetes has an underscore in it.
  link.names.pod = std::string(take_until(rest, '_'));
  link.names.pod_namespace = std::string(take_until(rest, '_'));
  const std::size_t dash = rest.rfind('-');
  if (link.names.pod.empty() || link.names.pod_namespace.empty() || dash == 0 ||
      dash == std::string_view::npos || dash + 1 == rest.size()) {
    return std::nullopt;
  }
  link.names.container = std::string(rest.substr(0, dash));
  link.id = std::string(rest.substr(dash + 1));
  return link;
}

std::uint32_t restarts_of_log(std::string_view target) {
  std::string_view name = base_name(target);
  if (!name.ends_with(kSuffix)) {
    return 0;
  }
  name.remove_suffix(kSuffix.size());
  const auto number = parse_number(name);
  return number && *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number) : 0;
}

ContainerNames LogNames::find(std::string_view container_id, std::string_view pod_uid) {
  list_links();
  if (const auto found = by_id_.find(std::string(container_id)); found != by_id_.end()) {
    return found->second;
  }
  const auto cut = std::find_if(by_cut_id_.begin(), by_cut_id_.end(), [&](const auto& entry) {
    return container_id.starts_with(entry.first);
  });
  if (cut != by_cut_id_.end()) {
    return cut->second;
  }
  if (pod_uid.empty()) {
    return {};
  }
  list_pods();
  const auto pod = by_uid_.find(std::string(pod_uid));
  return pod == by_uid_.end() ? ContainerNames{} : pod->second;
}

bool LogNames::has_changed(Directory& directory) {
  const auto status = quick_stat(AT_FDCWD, directory.path);
  const auto stamp = status ? std::optional<std::int64_t>(status->st_mtim.tv_sec * 1'000'000'000 +
                                                          status->st_mtim.tv_nsec)
                            : std::nullopt;
  // The stamp moves in steps of a few milliseconds: a young one may hide what came in the same
  // step.
  const auto age = status ? age_of(status->st_mtim) : Duration{};
  const bool changed = stamp != directory.changed;
  directory.changed = age > std::chrono::milliseconds(20) ? stamp : std::nullopt;
  return changed;
}

void LogNames::list_links() {
  if (!has_changed(links_)) {
    return;
  }
  const auto before = std::exchange(by_id_, {});
  by_cut_id_.clear();
  for (const std::string& name : list_directory(links_.path)) {
    auto link = parse_log_link(name);
    if (!link) {
      continue;
    }
    // The link of an id is made once and never changed.
    if (const auto known = before.find(link->id); known != before.end()) {
      by_id_.insert(*known);
      continue;
    }
    const auto target = read_link(AT_FDCWD, join(links_.path, name));
    link->names.restarts = target ? restarts_of_log(*target) : 0;
    if (name.size() == kLongestName && link->id.size() < kIdLength) {
      by_cut_id_.emplace_back(std::move(link->id), std::move(link->names));
    } else {
      by_id_.insert_or_assign(std::move(link->id), std::move(link->names));
    }
  }
}

void LogNames::list_pods() {
  if (!has_changed(pods_)) {
    return;
  }
  by_uid_.clear();
  for (const std::string& name : list_directory(pods_.path)) {
    std::string_view rest = name;
    ContainerNames names;
    names.pod_namespace = std::string(take_until(rest, '_'));
    names.pod = std::string(take_until(rest, '_'));
    if (!names.pod.empty() && !rest.empty()) {
      by_uid_.insert_or_assign(std::string(rest), std::move(names));
    }
  }
}

}  // namespace reloadtrace::node
