// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/commands.h"

int main(int argc, char** argv) {
  const auto parsed = reloadtrace::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) {
    return *code;
  }
  return std::visit([](const auto& options) { return reloadtrace::run(options); },
                    std::get<reloadtrace::Command>(parsed));
}
