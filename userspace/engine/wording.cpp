// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/wording.h"

#include <fmt/format.h>
#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace reloadtrace {

std::string say(Duration duration) {
  using namespace std::chrono;
  const double ms = duration_cast<std::chrono::duration<double, std::milli>>(duration).count();
  if (duration == Duration{}) {
    return "0 ms";
  }
  // The bounds are where the rounded number would reach the next unit.
  if (ms < 0.095) {
    return fmt::format("{:.2f} ms", ms);
  }
  if (ms < 9.95) {
    return fmt::format("{:.1f} ms", ms);
  }
  if (ms < 999.5) {
    return fmt::format("{:.0f} ms", ms);
  }
  if (ms < 119'950) {
    return fmt::format("{:.1f} s", ms / 1000);
  }
  if (duration < 120min) {
    return fmt::format("{} min", round<minutes>(duration).count());
  }
  if (duration < 48h) {
    return fmt::format("{} h", duration_cast<hours>(duration).count());
  }
  return fmt::format("{} d", duration_cast<hours>(duration).count() / 24);
}

std::string say_inotify_mask(std::uint32_t mask) {
  // include/uapi/linux/inotify.h
  static constexpr std::array<std::pair<std::uint32_t, const char*>, 21> kBits{{
      {IN_ACCESS, "IN_ACCESS"},
      {IN_MODIFY, "IN_MODIFY"},
      {IN_ATTRIB, "IN_ATTRIB"},
      {IN_CLOSE_WRITE, "IN_CLOSE_WRITE"},
      {IN_CLOSE_NOWRITE, "IN_CLOSE_NOWRITE"},
      {IN_OPEN, "IN_OPEN"},
      {IN_MOVED_FROM, "IN_MOVED_FROM"},
      {IN_MOVED_TO, "IN_MOVED_TO"},
      {IN_CREATE, "IN_CREATE"},
      {IN_DELETE, "IN_DELETE"},
      {IN_DELETE_SELF, "IN_DELETE_SELF"},
      {IN_MOVE_SELF, "IN_MOVE_SELF"},
      {IN_UNMOUNT, "IN_UNMOUNT"},
      {IN_Q_OVERFLOW, "IN_Q_OVERFLOW"},
      {IN_IGNORED, "IN_IGNORED"},
      {IN_ONLYDIR, "IN_ONLYDIR"},
      {IN_DONT_FOLLOW, "IN_DONT_FOLLOW"},
      {IN_EXCL_UNLINK, "IN_EXCL_UNLINK"},
      {IN_MASK_ADD, "IN_MASK_ADD"},
      {IN_ISDIR, "IN_ISDIR"},
      {IN_ONESHOT, "IN_ONESHOT"},
  }};
  std::string out;
  const auto add = [&](std::string_view word) {
    if (!out.empty()) {
      out += '|';
    }
    out += word;
  };
  for (const auto& [bit, name] : kBits) {
    if ((mask & bit) != 0) {
      add(name);
      mask &= ~bit;
    }
  }
  if (mask != 0) {
    add(fmt::format("{:#x}", mask));
  }
  return out.empty() ? "0" : out;
}

std::string say_files(const std::vector<std::string>& files) {
  constexpr std::size_t kMost = 3;
  if (files.size() == 1) {
    return files.front();
  }
  std::string out;
  const std::size_t named = files.size() <= kMost ? files.size() - 1 : kMost;
  for (std::size_t i = 0; i < named && i < files.size(); ++i) {
    out += (i == 0 ? "" : ", ") + files[i];
  }
  if (files.size() > kMost) {
    return out + fmt::format(" and {} more", files.size() - kMost);
  }
  return files.empty() ? out : out + " and " + files.back();
}

std::string say_errno(std::uint32_t error) {
  switch (error) {
    case EPERM:
      return "EPERM";
    case ENOENT:
      return "ENOENT";
    case EACCES:
      return "EACCES";
    case ENOTDIR:
      return "ENOTDIR";
    case EMFILE:
      return "EMFILE";
    case ENFILE:
      return "ENFILE";
    case ELOOP:
      return "ELOOP";
    default:
      return fmt::format("errno {}", error);
  }
}

}  // namespace reloadtrace
