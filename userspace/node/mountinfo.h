// SPDX-License-Identifier: Apache-2.0
// /proc/PID/mountinfo, line by line (proc_pid_mountinfo(5)).
//
// The text is untrusted: a container may mount what it likes under names it likes. A line that
// makes no sense is skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/wire/identity.h"

namespace reloadtrace::node {

struct Mount {
  std::uint64_t id = 0;
  DeviceId device = 0;
  std::string root;      // what of the file system is mounted, as a path inside of it
  bool deleted = false;  // that path is gone: the kernel had written "//deleted" after it
  std::string point;     // where, as seen from the root directory of the process
  std::string type;      // of the file system; "" when the line is cut
};

// "a\040b" → "a b": the kernel escapes space, tab, newline and backslash.
std::string decode_octal(std::string_view text);

std::optional<Mount> parse_mount(std::string_view line);

// The device of a line without parsing the rest of it: most lines are of no interest.
std::optional<DeviceId> device_of_mount(std::string_view line);

// Calls `take` for each mount of a device that `wanted` accepts, in the order of the text.
void for_each_mount(std::string_view text,
                    const std::function<bool(DeviceId)>& wanted,
                    const std::function<void(Mount)>& take);

}  // namespace reloadtrace::node
