// SPDX-License-Identifier: Apache-2.0
// The files of a generation: their names, inodes and contents, read once and kept.
//
// Kept because kubelet deletes the old directory a millisecond after the swap: afterwards nobody
// can say what has changed. Bounded in depth and number, deaf to FIFOs and devices, never leaves
// the directory it was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/node/content_ids.h"
#include "userspace/wire/fact.h"

namespace reloadtrace::node {

struct InventoryBounds {
  int depth = 16;
  std::size_t entries = 10'000;
};

// A directory or symlink met on the way: something that can be watched.
struct NamedInode {
  std::string path;
  std::uint64_t ino = 0;
};

struct Inventory {
  std::vector<FileFact> files;  // sorted by path; a link to a file inside stands under its own name
  std::vector<NamedInode> directories;  // without the top
  std::vector<NamedInode> links;
  bool complete = false;  // false: something could not be read, or a bound was met
};

// Whether one of a path's names says that a directory is being prepared or was put aside, as those
// do who deploy by mv: "current.new", "current.old/app.yaml".
bool is_set_aside(std::string_view path);

// Everything below an open directory. `plain` = a plain volume's root: its entries that begin with
// ".." and directories that are set aside are not content.
Inventory take_inventory(int directory,
                         bool plain,
                         ContentIds& contents,
                         const InventoryBounds& bounds = {});

// The symlinks that lie directly in an open directory.
std::vector<NamedInode> list_links(int directory, std::size_t limit = 10'000);

// One file below an open directory, links followed as long as they stay inside. Nothing when it is
// not there or is no regular file; content 0 when it is there and cannot be read.
std::optional<FileFact> read_file_fact(int directory,
                                       const std::string& path,
                                       ContentIds& contents);

// What differs in bytes between two file lists sorted by path. A content that is not known differs
// from every other.
std::vector<FileChange> changes_between(const std::vector<FileFact>& before,
                                        const std::vector<FileFact>& after);

}  // namespace reloadtrace::node
