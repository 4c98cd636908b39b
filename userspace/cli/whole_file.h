// SPDX-License-Identifier: Apache-2.0
// A file that is there whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace reloadtrace {

// Written beside `path` and then renamed over it, so that whatever was there stays when this fails.
// "-" is standard output; a device or pipe is written to as it is. The caller ignores SIGPIPE.
Result<> write_whole_file(const std::string& path, std::string_view content);

}  // namespace reloadtrace
