// SPDX-License-Identifier: Apache-2.0
// The commands that need the kernel, in a build without BPF (preset `pure`).
#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/message.h"

namespace reloadtrace {

int run(const TraceOptions&) {
  say_to_user(
      "this build has no BPF programs: it can replay recordings; build with preset release");
  return kUnsupported;
}

int run(const CheckOptions&) {
  say_to_user(
      "this build has no BPF programs: it can replay recordings; build with preset release");
  return kUnsupported;
}

}  // namespace reloadtrace
