// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"

namespace {

int run(int argc, char** argv) {
  const auto parsed = reloadtrace::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) {
    return *code;
  }
  return std::visit([](const auto& options) { return reloadtrace::run(options); },
                    std::get<reloadtrace::Command>(parsed));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (
      const std::exception& error) {  // out of memory, above all: nothing here throws on purpose
    std::fprintf(stderr, "reloadtrace: %s\n", error.what());
    return reloadtrace::kFailed;
  }
}
