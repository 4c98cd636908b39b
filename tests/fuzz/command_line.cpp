// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/command_line.h"
#include "tests/fuzz/target.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

// One argument a line.
FUZZ_TARGET(command_line) {
  std::vector<std::string> arguments = {"reloadtrace"};
  for_each_line(bytes, [&](std::string_view line) {
    // Arguments end at a zero byte.
    arguments.emplace_back(line.substr(0, line.find('\0')));
  });
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  parse_command_line(static_cast<int>(arguments.size()), argv.data());
}
