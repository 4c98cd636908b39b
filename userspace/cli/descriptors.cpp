// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/descriptors.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>

namespace reloadtrace {
namespace {

// Some 170 with all hooks; the rest is for connections, directories and what comes later.
constexpr rlim_t kNeeded = 256;

}  // namespace

Result<> make_room_for_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return system_error(errno, "ask for RLIMIT_NOFILE");
  }
  if (limit.rlim_max < kNeeded) {
    return Error{std::make_error_code(std::errc::too_many_files_open),
                 fmt::format("needs {} descriptors, and RLIMIT_NOFILE allows {}: raise it "
                             "(ulimit -n, LimitNOFILE=)",
                             kNeeded, limit.rlim_max)};
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return system_error(errno, "raise RLIMIT_NOFILE");
  }
  return Unit{};
}

}  // namespace reloadtrace
