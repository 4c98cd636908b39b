// SPDX-License-Identifier: Apache-2.0
// Applications that look at intervals whether something changed, each by another system call.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <map>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"

namespace reloadtrace::actor {
namespace {

// What the poller compares; empty when there is nothing to look at.
using Look = std::string (*)(const Settings&, const std::string& file);

// Rereads a file when what `kLook` says of it has changed.
template <Look kLook>
void poll(const Settings& settings) {
  std::map<std::string, std::string> seen;
  for (const std::string& file : settings.files) {
    seen[file] = kLook(settings, file);
    read_whole(settings, file);
  }
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    for (auto& [file, known] : seen) {
      std::string now = kLook(settings, file);
      if (now != known) {
        known = std::move(now);
        sleep_for(settings.delay);
        read_whole(settings, file);
      }
    }
  }
}

// Inode and modification time in nanoseconds.
std::string stamp(const struct stat& status) {
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_mtim.tv_sec) + " " +
         std::to_string(status.st_mtim.tv_nsec);
}

std::string by_stat(const Settings& settings, const std::string& file) {
  struct stat status {};
  return ::fstatat(AT_FDCWD, path_of(settings, file).c_str(), &status, 0) == 0 ? stamp(status) : "";
}

std::string by_lstat(const Settings& settings, const std::string& file) {
  struct stat status {};
  return ::lstat(path_of(settings, file).c_str(), &status) == 0 ? stamp(status) : "";
}

std::string by_lstat_of_data(const Settings& settings, const std::string&) {
  return by_lstat(settings, "..data");
}

// What programs of older C libraries call; newer architectures lack these system calls.
std::string by_old_stat(const Settings& settings, const std::string& file) {
#ifdef SYS_stat
  struct stat status {};
  return ::syscall(SYS_stat, path_of(settings, file).c_str(), &status) == 0 ? stamp(status) : "";
#else
  return by_stat(settings, file);
#endif
}

std::string by_old_lstat_of_data(const Settings& settings,
                                 [[maybe_unused]] const std::string& file) {
#ifdef SYS_lstat
  struct stat status {};
  return ::syscall(SYS_lstat, path_of(settings, "..data").c_str(), &status) == 0 ? stamp(status)
                                                                                 : "";
#else
  return by_lstat_of_data(settings, file);
#endif
}

std::string by_statx(const Settings& settings, const std::string& file) {
  struct statx status {};
  if (::statx(AT_FDCWD, path_of(settings, file).c_str(), 0, STATX_INO | STATX_MTIME, &status) !=
      0) {
    return "";
  }
  return std::to_string(status.stx_ino) + " " + std::to_string(status.stx_mtime.tv_sec) + " " +
         std::to_string(status.stx_mtime.tv_nsec);
}

std::string by_readlink_of_data(const Settings& settings, const std::string&) {
  std::array<char, 4096> target;
  const ssize_t length =
      ::readlink(path_of(settings, "..data").c_str(), target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

// Two swaps within a second look alike.
std::string by_seconds(const Settings& settings, const std::string& file) {
  struct stat status {};
  return ::stat(path_of(settings, file).c_str(), &status) == 0
             ? std::to_string(status.st_mtim.tv_sec)
             : "";
}

std::string by_size(const Settings& settings, const std::string& file) {
  struct stat status {};
  return ::stat(path_of(settings, file).c_str(), &status) == 0 ? std::to_string(status.st_size)
                                                               : "";
}

std::string by_existence(const Settings& settings, const std::string& file) {
  return ::access(path_of(settings, file).c_str(), R_OK) == 0 ? "there" : "";
}

bool may_read(const Settings& settings, const std::string& file) {
  return ::access(path_of(settings, file).c_str(), R_OK) == 0;
}

// The C library has no wrapper that is sure to make this call.
bool may_read_effectively(const Settings& settings, const std::string& file) {
  return ::syscall(SYS_faccessat2, AT_FDCWD, path_of(settings, file).c_str(), R_OK, AT_EACCESS) ==
         0;
}

// Rereads every file that may be read, at each look.
template <bool (*kMayRead)(const Settings&, const std::string&)>
void poll_access(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    for (const std::string& file : settings.files) {
      if (kMayRead(settings, file)) {
        read_whole(settings, file);
      }
    }
  }
}

// Asks the file it holds, which no swap changes.
void fstat_poller(const Settings& settings) {
  const std::string& file = settings.files.front();
  const UniqueFd fd = open_or_say(settings, file);
  if (!fd) {
    die("open " + file);
  }
  say_read(file, content_of(fd.get()));
  say_ready(settings);
  const auto look = [&fd] {
    struct stat status {};
    return ::fstat(fd.get(), &status) == 0 ? stamp(status) : "";
  };
  for (const std::string known = look();;) {
    sleep_for(settings.interval);
    if (look() != known) {
      read_whole(settings, file);
    }
  }
}

constexpr Behaviour kStatPollers[] = {
    {"stat-poller", "stats FILEs at intervals, rereads what changed", poll<by_stat>},
    {"old-stat-poller", "the same by stat() where the kernel has it", poll<by_old_stat>},
    {"statx-poller", "the same by statx()", poll<by_statx>},
    {"data-poller", "lstats ..data at intervals, rereads FILEs when it changed",
     poll<by_lstat_of_data>},
    {"old-data-poller", "the same by lstat() where the kernel has it", poll<by_old_lstat_of_data>},
    {"readlink-poller", "reads the link ..data at intervals, rereads FILEs when it changed",
     poll<by_readlink_of_data>},
    {"access-poller", "asks at intervals whether it may read FILEs, and rereads those",
     poll_access<may_read>},
    {"faccessat2-poller", "the same by faccessat2()", poll_access<may_read_effectively>},
    {"link-poller", "lstats the links at intervals, which no swap changes", poll<by_lstat>},
    {"second-poller", "compares times of FILEs in whole seconds", poll<by_seconds>},
    {"size-poller", "stats FILEs at intervals, rereads only what changed its size", poll<by_size>},
    {"existence-poller", "rereads FILEs only after they were missing", poll<by_existence>},
    {"fstat-poller", "fstats the first FILE, kept open, which no swap changes", fstat_poller},
};

}  // namespace

std::span<const Behaviour> stat_pollers() {
  return kStatPollers;
}

}  // namespace reloadtrace::actor
