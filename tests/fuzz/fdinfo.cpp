// SPDX-License-Identifier: Apache-2.0
// /proc/PID/fdinfo/FD.
#include "userspace/node/fdinfo.h"
#include "tests/fuzz/target.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(fdinfo) {
  node::parse_inotify_watches(bytes);
  node::parse_fanotify_marks(bytes);
}
