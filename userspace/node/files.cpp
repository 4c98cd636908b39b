// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

namespace reloadtrace::node {

namespace {

Duration nanoseconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return Duration(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

}  // namespace

DeviceId device_of(dev_t device) {
  return static_cast<DeviceId>(major(device) << 20U | (minor(device) & 0xFFFFFU));
}

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  return fd ? read_open_file(fd.get(), limit) : std::nullopt;
}

std::optional<std::string> read_open_file(int fd, std::size_t limit) {
  std::string text;
  while (text.size() < limit) {
    const std::size_t filled = text.size();
    text.resize(std::min(limit, filled + std::max<std::size_t>(4096, filled)));
    const ssize_t count = ::read(fd, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) {
      text.resize(filled);
      continue;
    }
    text.resize(filled + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) {
      return std::nullopt;
    }
    if (count == 0) {
      break;
    }
  }
  return text;
}

std::optional<std::string> read_link(int directory, const std::string& name) {
  std::string text(4096, '\0');
  const ssize_t length = ::readlinkat(directory, name.c_str(), text.data(), text.size());
  if (length < 0) {
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::vector<std::string> list_directory(const std::string& path, std::size_t limit) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  while (directory && names.size() < limit) {
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) {
      break;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
  }
  return names;
}

std::optional<struct stat> quick_stat(int directory, const std::string& name, int flags) {
  struct statx status {};
  if (::statx(directory, name.c_str(), flags | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
              STATX_BASIC_STATS, &status) != 0) {
    return std::nullopt;
  }
  struct stat result {};
  result.st_dev = makedev(status.stx_dev_major, status.stx_dev_minor);
  result.st_ino = status.stx_ino;
  result.st_mode = status.stx_mode;
  result.st_nlink = status.stx_nlink;
  result.st_uid = status.stx_uid;
  result.st_gid = status.stx_gid;
  result.st_size = static_cast<off_t>(status.stx_size);
  result.st_mtim.tv_sec = status.stx_mtime.tv_sec;
  result.st_mtim.tv_nsec = status.stx_mtime.tv_nsec;
  return result;
}

std::string normalize(std::string_view path) {
  const bool absolute = !path.empty() && path.front() == '/';
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") {
      continue;
    }
    const bool up = part == "..";
    if (up && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!up || !absolute) {
      parts.push_back(part);
    }
  }
  std::string text;
  for (const std::string_view part : parts) {
    if (!text.empty() || absolute) {
      text += '/';
    }
    text += part;
  }
  return text.empty() && absolute ? "/" : text;
}

std::optional<std::string_view> below(std::string_view path, std::string_view directory) {
  if (directory == "/" && !path.empty() && path.front() == '/') {
    return path.substr(1);
  }
  if (path.size() < directory.size() || path.substr(0, directory.size()) != directory) {
    return std::nullopt;
  }
  path.remove_prefix(directory.size());
  if (directory.empty() || path.empty()) {
    return path;
  }
  if (path.front() != '/') {
    return std::nullopt;
  }
  return path.substr(1);
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view directory_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/' && !name.empty()) {
    path += '/';
  }
  return path += name;
}

Duration age_of(const timespec& stamp) {
  return nanoseconds_of(CLOCK_REALTIME) -
         Duration(std::int64_t{stamp.tv_sec} * 1'000'000'000 + stamp.tv_nsec);
}

Timestamp monotonic_of(const timespec& stamp) {
  const Duration age = age_of(stamp);
  const Duration at = nanoseconds_of(CLOCK_MONOTONIC) - age;
  return age < Duration{} || at < Duration{} ? Timestamp{}
                                             : Timestamp{static_cast<std::uint64_t>(at.count())};
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc{} || stopped != end) {
    return std::nullopt;
  }
  return value;
}

}  // namespace reloadtrace::node
