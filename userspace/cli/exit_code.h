// SPDX-License-Identifier: Apache-2.0
// How the program ends. Part of the contract with scripts.
#pragma once

namespace reloadtrace {

inline constexpr int kDone = 0;     // or stopped by a signal, or nobody reads the output any more
inline constexpr int kFailed = 1;   // while running
inline constexpr int kDiffers = 1;  // of compare: readers do
inline constexpr int kUsage = 2;    // command line or configuration wrong
inline constexpr int kUnsupported = 3;  // this kernel or these privileges cannot
inline constexpr int kBadInput = 4;     // file unusable; what could be read was put out

}  // namespace reloadtrace
