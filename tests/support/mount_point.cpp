// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mount_point.h"

#include <sys/mount.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {
namespace {

void mount_or_throw(const char* source, const std::string& target, const char* type, unsigned how) {
  if (::mount(source, target.c_str(), type, how, nullptr) != 0) {
    throw std::system_error(errno, std::system_category(), "mount " + target);
  }
}

}  // namespace

MountPoint MountPoint::tmpfs(const std::string& directory) {
  std::filesystem::create_directories(directory);
  mount_or_throw("tmpfs", directory, "tmpfs", 0);
  return MountPoint(directory);
}

MountPoint MountPoint::file(const std::string& source, const std::string& target) {
  write_file(target, "");
  mount_or_throw(source.c_str(), target, nullptr, MS_BIND);
  return MountPoint(target);
}

// Lazily, as the container that used it may still be on its way out.
MountPoint::~MountPoint() {
  if (!path_.empty()) {
    ::umount2(path_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
}

}  // namespace reloadtrace::testing
