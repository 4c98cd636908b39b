// SPDX-License-Identifier: Apache-2.0
// Small readings of the kernel's files and the node's directories, which may vanish or never end.
//
// Nothing here blocks on a FIFO or reads more than it was allowed to. What cannot be read is an
// empty optional, never an error to print. For files that applications put there see
// foreign_files.h.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/base/unique_fd.h"
#include "userspace/wire/identity.h"

namespace reloadtrace::node {

// Userspace's dev_t in the kernel's layout (major << 20 | minor).
DeviceId device_of(dev_t device);

// At most `limit` bytes of a file; empty when it cannot be opened or read.
std::optional<std::string> read_file(const std::string& path, std::size_t limit = 32U << 20U);

// The same of a descriptor, from where it stands.
std::optional<std::string> read_open_file(int fd, std::size_t limit);

// The text of a symlink, relative to a directory descriptor (or AT_FDCWD).
std::optional<std::string> read_link(int directory, const std::string& name);

// The names in a directory, in no order, without "." and ".."; none when it cannot be read.
std::vector<std::string> list_directory(const std::string& path, std::size_t limit = 100'000);

// stat without asking a server and without mounting anything: a hung network or FUSE file system
// answers from its cache. `flags` as for statx (AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH).
std::optional<struct stat> quick_stat(int directory, const std::string& name, int flags = 0);

// "a/./b//c/" → "a/b/c"; a leading slash stays. "x/.." is taken out by text: a hint, not a proof.
std::string normalize(std::string_view path);

// The part of `path` below `directory`: empty when they are equal, nothing when it is not below.
std::optional<std::string_view> below(std::string_view path, std::string_view directory);

// The last component, and all before it ("" when there is none).
std::string_view base_name(std::string_view path);
std::string_view directory_name(std::string_view path);
std::string join(std::string_view directory, std::string_view name);

// How long ago a file's time stamp was; negative for one of the future.
Duration age_of(const timespec& stamp);
// A file's time stamp on the monotonic clock; zero when it is of before this boot, or of the
// future.
Timestamp monotonic_of(const timespec& stamp);

// A decimal or hexadecimal number that fills the whole text.
std::optional<std::uint64_t> parse_number(std::string_view text, int base = 10);

}  // namespace reloadtrace::node
