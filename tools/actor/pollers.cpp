// SPDX-License-Identifier: Apache-2.0
// Applications that look at intervals, or never.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"

namespace reloadtrace::actor {
namespace {

// What a poller compares: inode and modification time in nanoseconds.
struct Stamp {
  ino_t inode = 0;
  time_t seconds = 0;
  long nanoseconds = 0;

  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& path, int flags) {
  struct stat status {};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) != 0) {
    return {};
  }
  return {status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

// Rereads a file when its stamp, taken with `flags`, has changed.
[[noreturn]] void poll_stamps(const Settings& settings, int flags) {
  std::map<std::string, Stamp> seen;
  for (const std::string& file : settings.files) {
    seen[file] = stamp_of(path_of(settings, file), flags);
    read_whole(settings, file);
  }
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    for (auto& [file, stamp] : seen) {
      const Stamp now = stamp_of(path_of(settings, file), flags);
      if (now != stamp) {
        stamp = now;
        read_whole(settings, file);
      }
    }
  }
}

void no_watcher(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  sleep_for_ever();
}

void stat_poller(const Settings& settings) {
  poll_stamps(settings, 0);
}

void link_poller(const Settings& settings) {
  poll_stamps(settings, AT_SYMLINK_NOFOLLOW);
}

void open_poller(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    reread(settings);
  }
}

void copier(const Settings& settings) {
  const std::string copy = "/tmp/reloadtrace-actor.copy";
  reread(settings);
  std::ofstream out(copy);
  for (const std::string& file : settings.files) {
    out << std::ifstream(path_of(settings, file)).rdbuf();
  }
  out.close();
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    std::ifstream in(copy);
    const std::string content(std::istreambuf_iterator<char>(in), {});
    say("copy " + std::to_string(content.size()));
  }
}

constexpr Behaviour kPollers[] = {
    {"no-watcher", "reads once, then sleeps for ever", no_watcher},
    {"stat-poller", "stats FILEs at intervals, rereads what changed", stat_poller},
    {"link-poller", "lstats the links at intervals, which no swap changes", link_poller},
    {"open-poller", "rereads FILEs at intervals", open_poller},
    {"copier", "copies FILEs to /tmp at the start and reads the copy at intervals", copier},
};

}  // namespace

std::span<const Behaviour> pollers() {
  return kPollers;
}

}  // namespace reloadtrace::actor
