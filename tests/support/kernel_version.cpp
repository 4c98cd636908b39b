// SPDX-License-Identifier: Apache-2.0
#include "tests/support/kernel_version.h"

#include <sys/utsname.h>

#include <cstdio>
#include <utility>

namespace reloadtrace::testing {

bool is_kernel_since(int major, int minor) {
  utsname name{};
  std::pair<int, int> version;
  return ::uname(&name) == 0 &&
         std::sscanf(name.release, "%d.%d", &version.first, &version.second) == 2 &&
         version >= std::pair(major, minor);
}

}  // namespace reloadtrace::testing
