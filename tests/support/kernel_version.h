// SPDX-License-Identifier: Apache-2.0
// Of the kernel that runs: what it cannot do is no mistake of the tracer's.
#pragma once

namespace reloadtrace::testing {

bool is_kernel_since(int major, int minor);

}  // namespace reloadtrace::testing
