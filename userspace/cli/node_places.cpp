// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/node_places.h"

#include <unistd.h>

#include <string>
#include <vector>

namespace reloadtrace {
namespace {

constexpr const char* kKubeletDir = "/var/lib/kubelet";

// A directory that somebody named is waited for; the default one is only taken when it is there.
std::vector<std::string> kubelet_dirs(const NodePlaces& places) {
  if (!places.kubelet_dirs.empty() || !places.paths.empty()) {
    return places.kubelet_dirs;
  }
  return ::access(kKubeletDir, F_OK) == 0 ? std::vector<std::string>{kKubeletDir}
                                          : std::vector<std::string>{};
}

}  // namespace

Result<> require_places(const NodePlaces& places) {
  if (!places.paths.empty() || !kubelet_dirs(places).empty()) {
    return Unit{};
  }
  return Error{std::make_error_code(std::errc::no_such_file_or_directory),
               std::string("nothing to trace: there is no ") + kKubeletDir +
                   " here. Name kubelet's directory with --kubelet-dir DIR (--help has those of "
                   "other distributions), or any directory with --path DIR"};
}

NodeOptions node_options(const NodePlaces& places) {
  NodeOptions out;
  out.proc = places.proc;
  out.logs = places.logs;
  out.kubelet_dirs = kubelet_dirs(places);
  out.paths = places.paths;
  out.service_accounts = places.service_accounts;
  out.self_tgid = static_cast<std::uint32_t>(::getpid());
  return out;
}

}  // namespace reloadtrace
