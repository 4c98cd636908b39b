// SPDX-License-Identifier: Apache-2.0
// /proc/PID/mountinfo, and /proc/PID/maps.
#include "userspace/node/mountinfo.h"
#include "tests/fuzz/target.h"
#include "userspace/node/proc_maps.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(mountinfo) {
  node::for_each_mount(
      bytes, [](DeviceId device) { return device % 2 == 0; }, [](const node::Mount&) {});
  for_each_line(bytes, [](std::string_view line) {
    node::parse_mount(line);
    node::decode_octal(line);
    node::parse_mapping(line);
  });
}
