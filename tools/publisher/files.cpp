// SPDX-License-Identifier: Apache-2.0
#include "tools/publisher/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <random>
#include <thread>

namespace reloadtrace::publisher {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Error failed(std::string_view call, std::string_view path) {
  return system_error(errno, std::string(call) + " " + std::string(path));
}

// Names in an open directory, without "." and "..", sorted.
Result<std::vector<std::string>> entries(int fd, const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(::dup(fd)));
  if (!directory) {
    return failed("fdopendir", path);
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// `path` is for messages. A name that vanished meanwhile is no error.
Result<> remove_from(int parent, const std::string& name, const std::string& path) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) {
    return Unit{};
  }
  if (errno != EISDIR && errno != EPERM) {
    return failed("unlinkat", path);
  }
  const UniqueFd directory(::openat(parent, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!directory) {
    return failed("openat", path);
  }
  auto names = entries(directory.get(), path);
  if (!names) {
    return names.error();
  }
  for (const std::string& child : *names) {
    if (auto removed = remove_from(directory.get(), child, inside(path, child)); !removed) {
      return removed;
    }
  }
  return checked(::unlinkat(parent, name.c_str(), AT_REMOVEDIR), "unlinkat", path);
}

Result<> walk(const std::string& directory,
              const std::string& prefix,
              std::vector<std::string>& out) {
  const UniqueFd fd(::openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return failed("openat", directory);
  }
  auto names = entries(fd.get(), directory);
  if (!names) {
    return names.error();
  }
  for (const std::string& name : *names) {
    const std::string path = inside(directory, name);
    struct stat status {};
    if (::fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed("newfstatat", path);
    }
    if (!S_ISDIR(status.st_mode)) {
      out.push_back(prefix + name);
    } else if (auto walked = walk(path, inside(prefix + name, ""), out); !walked) {
      return walked;
    }
  }
  return Unit{};
}

}  // namespace

Result<> checked(long returned, std::string_view call, std::string_view path) {
  if (returned < 0) {
    return failed(call, path);
  }
  return Unit{};
}

std::string inside(const std::string& directory, const std::string& name) {
  std::string path = directory;
  path += '/';
  path += name;
  return path;
}

Result<bool> exists(const std::string& path) {
  struct stat status {};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return true;
  }
  if (errno == ENOENT) {
    return false;
  }
  return failed("newfstatat", path);
}

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd(::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return failed("openat", path);
  }
  std::string content;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) {
      return failed("read", path);
    }
    if (got == 0) {
      return content;
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Result<> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0) {
      return failed("write", path);
    }
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return Unit{};
}

Result<> write_file(const std::string& path, std::string_view content, mode_t mode) {
  UniqueFd fd(::openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) {
    return failed("openat", path);
  }
  if (auto written = write_all(fd.get(), content, path); !written) {
    return written;
  }
  fd.reset();
  return checked(::fchmodat(AT_FDCWD, path.c_str(), mode, 0), "fchmodat", path);
}

Result<> make_parents(const std::string& directory, const std::string& key) {
  for (std::size_t slash = key.find('/'); slash != std::string::npos;
       slash = key.find('/', slash + 1)) {
    const std::string parent = inside(directory, key.substr(0, slash + 1));
    auto there = exists(parent);
    if (!there) {
      return there.error();
    }
    if (*there) {
      continue;
    }
    if (auto made = make_directory(parent, 0777); !made) {
      return made;
    }
  }
  return Unit{};
}

Result<> write_file_below(const std::string& directory,
                          const std::string& key,
                          std::string_view content,
                          mode_t mode) {
  if (auto made = make_parents(directory, key); !made) {
    return made;
  }
  return write_file(inside(directory, key), content, mode);
}

Result<std::optional<std::string>> read_link(const std::string& path) {
  // Go starts with 128 bytes as well and doubles.
  std::string target(128, '\0');
  for (;;) {
    const ssize_t length = ::readlinkat(AT_FDCWD, path.c_str(), target.data(), target.size());
    if (length < 0) {
      if (errno == ENOENT) {
        return std::optional<std::string>();
      }
      return failed("readlinkat", path);
    }
    if (static_cast<std::size_t>(length) < target.size()) {
      target.resize(static_cast<std::size_t>(length));
      return std::optional(target);
    }
    target.resize(target.size() * 2);
  }
}

Result<> make_directory(const std::string& path, mode_t mode) {
  return checked(::mkdirat(AT_FDCWD, path.c_str(), mode), "mkdirat", path);
}

Result<> make_link(const std::string& target, const std::string& path) {
  return checked(::symlinkat(target.c_str(), AT_FDCWD, path.c_str()), "symlinkat", path);
}

Result<> rename_onto(const std::string& from, const std::string& to) {
  return checked(::renameat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str()), "renameat", to);
}

Result<> remove_file(const std::string& path) {
  return checked(::unlinkat(AT_FDCWD, path.c_str(), 0), "unlinkat", path);
}

Result<> remove_all(const std::string& parent, const std::string& name) {
  const std::string path = inside(parent, name);
  if (::unlinkat(AT_FDCWD, path.c_str(), 0) == 0 || errno == ENOENT ||
      ::unlinkat(AT_FDCWD, path.c_str(), AT_REMOVEDIR) == 0) {
    return Unit{};
  }
  const UniqueFd directory(::openat(AT_FDCWD, parent.c_str(), O_RDONLY | O_CLOEXEC));
  if (!directory) {
    return failed("openat", parent);
  }
  return remove_from(directory.get(), name, path);
}

Result<std::vector<std::string>> files_below(const std::string& directory) {
  std::vector<std::string> files;
  if (auto walked = walk(directory, "", files); !walked) {
    return walked.error();
  }
  return files;
}

std::string random_decimal() {
  return std::to_string(static_cast<std::uint32_t>(std::random_device{}()));
}

void pause_for(std::chrono::microseconds time) {
  if (time.count() > 0) {
    std::this_thread::sleep_for(time);
  }
}

}  // namespace reloadtrace::publisher
