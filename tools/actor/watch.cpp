// SPDX-License-Identifier: Apache-2.0
#include "tools/actor/watch.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "tools/actor/files.h"

namespace reloadtrace::actor {

Watch::Watch() : fd_(::inotify_init1(IN_CLOEXEC)) {
  if (!fd_) {
    die("inotify_init1");
  }
}

int Watch::add(const std::string& path, std::uint32_t mask) {
  const int wd = ::inotify_add_watch(fd_.get(), path.c_str(), mask);
  if (wd < 0) {
    die("inotify_add_watch " + path);
  }
  return wd;
}

void Watch::remove(int wd) {
  if (::inotify_rm_watch(fd_.get(), wd) != 0) {
    die("inotify_rm_watch " + std::to_string(wd));
  }
}

std::vector<WatchEvent> Watch::wait() {
  alignas(inotify_event) std::array<char, 16384> buffer;
  ssize_t got = -1;
  do {
    got = ::read(fd_.get(), buffer.data(), buffer.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    die("read inotify");
  }
  std::vector<WatchEvent> events;
  for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
    events.push_back({event->wd, event->mask, event->len > 0 ? event->name : ""});
    at += sizeof(inotify_event) + event->len;
  }
  return events;
}

bool is_swap(const WatchEvent& event, const Settings& settings) {
  if ((event.mask & IN_MOVED_TO) != 0 && event.name == "..data") {
    return true;
  }
  return (event.mask & (IN_MOVED_TO | IN_CLOSE_WRITE)) != 0 &&
         std::any_of(settings.files.begin(), settings.files.end(), [&event](const auto& file) {
           return file.substr(0, file.find('/')) == event.name;
         });
}

bool is_new_generation(const WatchEvent& event) {
  return (event.mask & IN_CREATE) != 0 && (event.mask & IN_ISDIR) != 0 &&
         event.name.starts_with("..");
}

bool is_end_of_watch(const WatchEvent& event) {
  return (event.mask & IN_IGNORED) != 0;
}

bool holds_swap(const std::vector<WatchEvent>& events, const Settings& settings) {
  return std::any_of(events.begin(), events.end(),
                     [&settings](const WatchEvent& event) { return is_swap(event, settings); });
}

void read_at_each_swap(const Settings& settings, ReadFile read) {
  const auto read_all = [&] {
    for (const std::string& file : settings.files) {
      read(settings, file);
    }
  };
  read_all();
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  for (;;) {
    if (holds_swap(watch.wait(), settings)) {
      sleep_for(settings.delay);
      read_all();
    }
  }
}

}  // namespace reloadtrace::actor
