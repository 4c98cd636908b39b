// SPDX-License-Identifier: Apache-2.0
// Where the kernel's types (BTF) come from: by them the programs find the fields that they read.
#pragma once

#include <string>

#include "userspace/base/result.h"

namespace reloadtrace {

// `file` is what the user names for a kernel that was built without BTF, empty = the kernel has its
// own. An error, saying what to do, when it is not there or holds no types of a kernel. That they
// are of this very kernel cannot be seen from them; the self-test sees it.
Result<> require_btf(const std::string& file);

}  // namespace reloadtrace
