// SPDX-License-Identifier: Apache-2.0
#include "tests/support/janitor.h"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace reloadtrace::testing {

Janitor::Janitor(const std::string& script, const std::vector<std::string>& arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  const UniqueFd waiting(ends[0]);
  wake_.reset(ends[1]);
  Command command{{"sh", "-c", "read -r _\n" + script, "janitor"}};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.dies_with_test = false;
  command.standard_input = waiting.get();
  process_ = std::make_unique<Process>(command);
}

void Janitor::run() {
  wake_.reset();
  process_->wait(std::chrono::seconds(5));
}

}  // namespace reloadtrace::testing
