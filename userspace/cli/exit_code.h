// SPDX-License-Identifier: Apache-2.0
// How the program ends. Part of the contract with scripts.
#pragma once

namespace reloadtrace {

enum ExitCode : int {
  kDone = 0,         // or stopped by a signal, or nobody reads the output any more
  kFailed = 1,       // while running
  kUsage = 2,        // command line or configuration wrong
  kUnsupported = 3,  // this kernel or these privileges cannot
  kBadInput = 4,     // file unusable; what could be read was put out
};

}  // namespace reloadtrace
