// SPDX-License-Identifier: Apache-2.0
// The one door to files that an application may have put there.
//
// Whoever owns a directory can make it lead to the host's files, put a FIFO or a device where a
// file was, let it grow while it is read, and change it between two of our calls. So: every path is
// resolved by the kernel beneath a descriptor (openat2), never through the links of /proc; what was
// found is looked at before it is opened, and then the same inode is opened, not the same name;
// nothing but regular files is; nothing is waited for; and reading ends at a bound.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>

#include "userspace/base/unique_fd.h"

namespace reloadtrace::node {

// Opens `path` below `directory`; a link that leads out of it is refused.
UniqueFd open_beneath(int directory, const std::string& path, int flags);

// Opens `path` as a process with this root directory would, whatever links lead where in it; only
// what the kernel has cached, so that no file server is asked. O_PATH.
UniqueFd open_in_root(int root, const std::string& path);

// Opens for reading what an O_PATH descriptor stands for; nothing unless that is a regular file.
// Its access time stays as it was where the kernel lets us (owners and the privileged).
UniqueFd open_regular(int found, struct stat& status);

// A whole regular file below `directory`; nothing when it has more than `limit` bytes.
std::optional<std::string> read_file_beneath(int directory,
                                             const std::string& path,
                                             std::size_t limit);

}  // namespace reloadtrace::node
