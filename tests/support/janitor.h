// SPDX-License-Identifier: Apache-2.0
// A shell script that cleans up when the test process dies before it could do so itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

class Janitor {
 public:
  // `script` finds `arguments` in $1, $2 …
  Janitor(const std::string& script, const std::vector<std::string>& arguments);

  // Does its work now, and only now. Otherwise its owner's end means that there is none.
  void run();

 private:
  UniqueFd wake_;  // it waits for the end of this pipe, which comes at the latest when we end
  std::unique_ptr<Process> process_;
};

}  // namespace reloadtrace::testing
