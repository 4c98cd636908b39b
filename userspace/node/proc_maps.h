// SPDX-License-Identifier: Apache-2.0
// The file mappings that /proc/PID/maps shows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/wire/identity.h"

namespace reloadtrace::node {

struct FileMapping {
  InodeId inode;
  std::string path;      // in the view of the process, without the mark below
  bool deleted = false;  // the line ended in " (deleted)"
};

// "7f2c…-7f2c… r--s 00000000 fe:00 1234   /etc/app/..2026/app.yaml (deleted)"; nothing for a
// mapping of no file.
std::optional<FileMapping> parse_mapping(std::string_view line);

// Takes " (deleted)" or "//deleted" off the end of a path that the kernel printed.
bool take_deleted_mark(std::string& path);

}  // namespace reloadtrace::node
