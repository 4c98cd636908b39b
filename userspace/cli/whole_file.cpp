// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {
namespace {

// An errno, 0 when all is out.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      return n == 0 ? EIO : errno;
    }
  }
  return 0;
}

// A link leads to the file that is to be replaced; one that leads nowhere is replaced itself.
std::string without_links(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string out = resolved == nullptr ? path : resolved;
  std::free(resolved);
  return out;
}

mode_t mode_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

Result<> replace(const std::string& path, std::string_view content, mode_t mode) {
  const std::string doing = "write " + path;
  std::string beside = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) {
    return system_error(errno, doing);
  }
  int err = write_all(fd.get(), content);
  if (err == 0 && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
                   ::rename(beside.c_str(), path.c_str()) != 0)) {
    err = errno;
  }
  if (err != 0) {
    ::unlink(beside.c_str());
    return system_error(err, doing);
  }
  return Unit{};
}

}  // namespace

Result<> write_whole_file(const std::string& path, std::string_view content) {
  if (path == "-") {
    const int err = write_all(STDOUT_FILENO, content);
    return err == 0 ? Result<>(Unit{}) : system_error(err, "write standard output");
  }
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists || S_ISREG(status.st_mode)) {
    return replace(without_links(path), content,
                   exists ? status.st_mode & 07777 : mode_of_new_files());
  }
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const int err = fd ? write_all(fd.get(), content) : errno;
  return err == 0 ? Result<>(Unit{}) : system_error(err, "write " + path);
}

}  // namespace reloadtrace
