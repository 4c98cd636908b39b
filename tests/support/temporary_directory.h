// SPDX-License-Identifier: Apache-2.0
// A directory that is gone, with all that is in it, when its owner goes.
#pragma once

#include <filesystem>
#include <string>

namespace reloadtrace::testing {

class TemporaryDirectory {
 public:
  // Under $TMPDIR or /tmp.
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::string at(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, const std::string& content);
std::string read_file(const std::filesystem::path& path);

}  // namespace reloadtrace::testing
