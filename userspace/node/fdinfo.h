// SPDX-License-Identifier: Apache-2.0
// The inotify watches and fanotify marks that /proc/PID/fdinfo/FD shows. A dead one has no line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "userspace/wire/identity.h"

namespace reloadtrace::node {

struct InotifyWatch {
  int wd = -1;
  std::uint32_t mask = 0;
  InodeId target;
};

// "inotify wd:1 ino:aa8001 sdev:fe00000 mask:3c6 ignored_mask:0 fhandle-bytes:8 …": all
// hexadecimal, `sdev` in the kernel's layout. Other lines are not watches.
std::optional<InotifyWatch> parse_inotify_watch(std::string_view line);

std::vector<InotifyWatch> parse_inotify_watches(std::string_view fdinfo);

struct FanotifyMark {
  std::uint32_t mask = 0;
  InodeId target;
};

// "fanotify ino:4f969 sdev:fe00000 mflags:0 mask:180 ignored_mask:0 fhandle-bytes:8 …". Marks of a
// mount or of a whole file system have no inode: they are those of agents that watch over the node,
// and make nobody a reader.
std::vector<FanotifyMark> parse_fanotify_marks(std::string_view fdinfo);

}  // namespace reloadtrace::node
