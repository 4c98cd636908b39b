// SPDX-License-Identifier: Apache-2.0
// One inotify queue.
#pragma once

#include <sys/inotify.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/actor/behaviour.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {

struct WatchEvent {
  int wd = -1;
  std::uint32_t mask = 0;
  std::string name;  // empty for events of the watched file itself
};

// What fsnotify and most file watching libraries ask for: everything that changes, nothing that
// reads.
inline constexpr std::uint32_t kChanges = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY |
                                          IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_DELETE_SELF |
                                          IN_MOVE_SELF;

class Watch {
 public:
  Watch();

  // Dies when the path cannot be watched. Returns the watch descriptor.
  int add(const std::string& path, std::uint32_t mask = kChanges);
  // Blocks until there are events and takes all that fit into one read().
  std::vector<WatchEvent> wait();
  // Dies when there is no such watch.
  void remove(int wd);

  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

// That new content is visible: ..data was swapped, or the first part of a file's path ("current" of
// "current/app.yaml", "app.yaml" itself) was renamed into place or written and closed.
bool is_swap(const WatchEvent& event, const Settings& settings);
// That a new generation's directory has appeared, before the swap.
bool is_new_generation(const WatchEvent& event);
// That a watched file is gone, and its watch with it.
bool is_end_of_watch(const WatchEvent& event);

bool holds_swap(const std::vector<WatchEvent>& events, const Settings& settings);

using ReadFile = void (*)(const Settings&, const std::string& file);
// Reads each file, watches the directory, and reads each again whenever new content is visible.
[[noreturn]] void read_at_each_swap(const Settings& settings, ReadFile read);
// The same as the run() of a behaviour.
template <ReadFile kRead>
void on_swap(const Settings& settings) {
  read_at_each_swap(settings, kRead);
}

}  // namespace reloadtrace::actor
