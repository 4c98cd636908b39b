// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/wording.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace reloadtrace {
namespace {

using Named = std::pair<std::uint64_t, std::string_view>;

// include/uapi/linux/inotify.h
constexpr std::array<Named, 21> kInotifyBits{{
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

// include/uapi/linux/fanotify.h
constexpr std::array<Named, 21> kFanotifyBits{{
    {FAN_ACCESS, "FAN_ACCESS"},
    {FAN_MODIFY, "FAN_MODIFY"},
    {FAN_ATTRIB, "FAN_ATTRIB"},
    {FAN_CLOSE_WRITE, "FAN_CLOSE_WRITE"},
    {FAN_CLOSE_NOWRITE, "FAN_CLOSE_NOWRITE"},
    {FAN_OPEN, "FAN_OPEN"},
    {FAN_MOVED_FROM, "FAN_MOVED_FROM"},
    {FAN_MOVED_TO, "FAN_MOVED_TO"},
    {FAN_CREATE, "FAN_CREATE"},
    {FAN_DELETE, "FAN_DELETE"},
    {FAN_DELETE_SELF, "FAN_DELETE_SELF"},
    {FAN_MOVE_SELF, "FAN_MOVE_SELF"},
    {FAN_OPEN_EXEC, "FAN_OPEN_EXEC"},
    {FAN_Q_OVERFLOW, "FAN_Q_OVERFLOW"},
    {FAN_FS_ERROR, "FAN_FS_ERROR"},
    {FAN_OPEN_PERM, "FAN_OPEN_PERM"},
    {FAN_ACCESS_PERM, "FAN_ACCESS_PERM"},
    {FAN_OPEN_EXEC_PERM, "FAN_OPEN_EXEC_PERM"},
    {FAN_EVENT_ON_CHILD, "FAN_EVENT_ON_CHILD"},
    {FAN_RENAME, "FAN_RENAME"},
    {FAN_ONDIR, "FAN_ONDIR"},
}};

// Those that people send to have something reloaded, and those that end a process.
constexpr std::array<Named, 15> kSignals{{
    {SIGHUP, "SIGHUP"},
    {SIGINT, "SIGINT"},
    {SIGQUIT, "SIGQUIT"},
    {SIGABRT, "SIGABRT"},
    {SIGKILL, "SIGKILL"},
    {SIGUSR1, "SIGUSR1"},
    {SIGUSR2, "SIGUSR2"},
    {SIGPIPE, "SIGPIPE"},
    {SIGALRM, "SIGALRM"},
    {SIGTERM, "SIGTERM"},
    {SIGCHLD, "SIGCHLD"},
    {SIGCONT, "SIGCONT"},
    {SIGSTOP, "SIGSTOP"},
    {SIGWINCH, "SIGWINCH"},
    {SIGIO, "SIGIO"},
}};

// What opens, looks, watches and signals fail with.
constexpr std::array<Named, 26> kErrors{{
    {EPERM, "EPERM"},
    {ENOENT, "ENOENT"},
    {ESRCH, "ESRCH"},
    {EINTR, "EINTR"},
    {EIO, "EIO"},
    {EBADF, "EBADF"},
    {EAGAIN, "EAGAIN"},
    {ENOMEM, "ENOMEM"},
    {EACCES, "EACCES"},
    {EFAULT, "EFAULT"},
    {EBUSY, "EBUSY"},
    {EEXIST, "EEXIST"},
    {EXDEV, "EXDEV"},
    {ENODEV, "ENODEV"},
    {ENOTDIR, "ENOTDIR"},
    {EISDIR, "EISDIR"},
    {EINVAL, "EINVAL"},
    {ENFILE, "ENFILE"},
    {EMFILE, "EMFILE"},
    {ENOSPC, "ENOSPC"},
    {EROFS, "EROFS"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENOSYS, "ENOSYS"},
    {ELOOP, "ELOOP"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
    {ESTALE, "ESTALE"},
}};

template <std::size_t N>
std::string_view find_name(const std::array<Named, N>& names, std::uint64_t value) {
  for (const auto& [known, name] : names) {
    if (known == value) {
      return name;
    }
  }
  return {};
}

template <std::size_t N>
std::string say_mask(const std::array<Named, N>& bits, std::uint64_t mask) {
  std::string out;
  const auto add = [&](std::string_view word) {
    if (!out.empty()) {
      out += '|';
    }
    out += word;
  };
  for (const auto& [bit, name] : bits) {
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

}  // namespace

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
  return say_mask(kInotifyBits, mask);
}

std::string say_fanotify_mask(std::uint64_t mask) {
  return say_mask(kFanotifyBits, mask);
}

std::string say_signal(std::uint32_t signal) {
  const std::string_view name = find_name(kSignals, signal);
  return name.empty() ? fmt::format("signal {}", signal) : std::string(name);
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
  const std::string_view name = find_name(kErrors, error);
  return name.empty() ? fmt::format("errno {}", error) : std::string(name);
}

std::string_view name_of(PollCall call) {
  switch (call) {
    case PollCall::Stat:
      return "stat";
    case PollCall::Lstat:
      return "lstat";
    case PollCall::Readlink:
      return "readlink";
    case PollCall::Access:
      return "access";
  }
  return "stat";
}

std::string_view name_of(WatchCall call) {
  switch (call) {
    case WatchCall::Init:
      return "inotify_init";
    case WatchCall::Add:
      return "inotify_add_watch";
    case WatchCall::FanotifyInit:
      return "fanotify_init";
    case WatchCall::FanotifyMark:
      return "fanotify_mark";
  }
  return "inotify_init";
}

std::string_view name_of(SignalHandling handling) {
  switch (handling) {
    case SignalHandling::Default:
      return "default";
    case SignalHandling::Ignored:
      return "ignored";
    case SignalHandling::Handled:
      return "handled";
    case SignalHandling::Blocked:
      return "blocked";
  }
  return "default";
}

std::string_view name_of(SignalOutcome outcome) {
  switch (outcome) {
    case SignalOutcome::Delivered:
      return "delivered";
    case SignalOutcome::Dropped:
      return "dropped";
    case SignalOutcome::Pending:
      return "pending";
    case SignalOutcome::Lost:
      return "lost";
    case SignalOutcome::Refused:
      return "refused";
  }
  return "delivered";
}

}  // namespace reloadtrace
