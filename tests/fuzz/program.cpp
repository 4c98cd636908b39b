// SPDX-License-Identifier: Apache-2.0
// Executables of containers.
#include "tests/fuzz/target.h"
#include "userspace/node/elf_layout.h"
#include "userspace/node/go_build_info.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

FUZZ_TARGET(program) {
  const UniqueFd file = file_of(bytes);
  node::read_elf_layout(file.get());
  node::read_go_build_info(file.get());
  node::GoBuildInfo info;
  node::parse_modules(bytes, info);
}
