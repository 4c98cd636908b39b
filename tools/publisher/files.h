// SPDX-License-Identifier: Apache-2.0
// File system steps, each exactly the system calls that Go's standard library makes for it, because
// that is what kubelet runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::publisher {

// An error that names the call and the path when `returned` is negative.
Result<> checked(long returned, std::string_view call, std::string_view path);

// "DIRECTORY/NAME".
std::string inside(const std::string& directory, const std::string& name);

Result<bool> exists(const std::string& path);  // lstat
Result<std::string> read_file(const std::string& path);
Result<> write_all(int fd, std::string_view content, const std::string& path);
// openat(O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC), write, close, fchmodat.
Result<> write_file(const std::string& path, std::string_view content, mode_t mode);
// The subdirectories of `key` under `directory`, as os.MkdirAll makes them.
Result<> make_parents(const std::string& directory, const std::string& key);
// Both: a key under `directory`.
Result<> write_file_below(const std::string& directory,
                          const std::string& key,
                          std::string_view content,
                          mode_t mode);
// Nothing when there is no such link.
Result<std::optional<std::string>> read_link(const std::string& path);
Result<> make_directory(const std::string& path, mode_t mode);
Result<> make_link(const std::string& target, const std::string& path);
Result<> rename_onto(const std::string& from, const std::string& to);
Result<> remove_file(const std::string& path);
// os.RemoveAll: tries unlink and rmdir first, then empties the directory through descriptors.
Result<> remove_all(const std::string& parent, const std::string& name);
// Paths of the files in `directory` and below, relative to it and sorted (filepath.Walk).
Result<std::vector<std::string>> files_below(const std::string& directory);

std::string random_decimal();  // an uint32, as os.CreateTemp and os.MkdirTemp put into names
void pause_for(std::chrono::microseconds time);

}  // namespace reloadtrace::publisher
