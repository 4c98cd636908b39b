// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/foreign_files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "userspace/node/files.h"

namespace reloadtrace::node {

namespace {

UniqueFd open_resolved(int directory, const std::string& path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(
      static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how))));
}

}  // namespace

UniqueFd open_beneath(int directory, const std::string& path, int flags) {
  return open_resolved(directory, path.empty() ? "." : path, flags, RESOLVE_BENEATH);
}

UniqueFd open_in_root(int root, const std::string& path) {
  return open_resolved(root, path.empty() ? "/" : path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_CACHED);
}

UniqueFd open_regular(int found, struct stat& status) {
  if (::fstat(found, &status) != 0 || !S_ISREG(status.st_mode)) {
    return UniqueFd();
  }
  // Our own descriptor, hence this inode: no name is looked up again.
  const std::string self = "/proc/self/fd/" + std::to_string(found);
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(::open(self.c_str(), kFlags | O_NOATIME));
  return fd || errno != EPERM ? std::move(fd) : UniqueFd(::open(self.c_str(), kFlags));
}

std::optional<std::string> read_file_beneath(int directory,
                                             const std::string& path,
                                             std::size_t limit) {
  const UniqueFd found = open_beneath(directory, path, O_PATH);
  struct stat status {};
  const UniqueFd fd = found ? open_regular(found.get(), status) : UniqueFd();
  if (!fd || static_cast<std::uint64_t>(status.st_size) > limit) {
    return std::nullopt;
  }
  auto text = read_open_file(fd.get(), limit + 1);  // it may grow meanwhile
  return text && text->size() <= limit ? std::move(text) : std::nullopt;
}

}  // namespace reloadtrace::node
