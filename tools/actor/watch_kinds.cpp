// SPDX-License-Identifier: Apache-2.0
// Applications that use inotify in less usual ways, well or badly.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

[[noreturn]] void reread_at_swaps(const Settings& settings, Watch& watch) {
  for (;;) {
    if (holds_swap(watch.wait(), settings)) {
      reread(settings);
    }
  }
}

void mask_adder(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory, IN_MODIFY);
  watch.add(settings.directory, IN_MOVED_TO | IN_MASK_ADD);
  say_ready(settings);
  reread_at_swaps(settings, watch);
}

// Without IN_MASK_ADD the second mask takes the place of the first.
void mask_replacer(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory);
  watch.add(settings.directory, IN_MODIFY);
  say_ready(settings);
  reread_at_swaps(settings, watch);
}

void one_shot_watcher(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory, IN_MOVED_TO | IN_ONESHOT);
  say_ready(settings);
  reread_at_swaps(settings, watch);
}

void one_shot_rearming(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory, IN_MOVED_TO | IN_ONESHOT);
  say_ready(settings);
  for (;;) {
    // Not at the event itself: the kernel would still remove what was added again by then.
    if (std::ranges::any_of(watch.wait(), is_end_of_watch)) {
      watch.add(settings.directory, IN_MOVED_TO | IN_ONESHOT);
      reread(settings);
    }
  }
}

void many_queues(const Settings& settings) {
  reread(settings);
  std::vector<std::unique_ptr<Watch>> watches;
  std::vector<pollfd> ready;
  for (unsigned i = 0; i < count_or(settings, 8); ++i) {
    watches.push_back(std::make_unique<Watch>());
    watches.back()->add(settings.directory);
    ready.push_back({watches.back()->fd(), POLLIN, 0});
  }
  say_ready(settings);
  for (;;) {
    bool swapped = false;
    ::poll(ready.data(), ready.size(), -1);
    for (std::size_t i = 0; i < ready.size(); ++i) {
      if ((ready[i].revents & POLLIN) != 0) {
        // All of them see the swap; only the first one acts on it.
        const bool seen = holds_swap(watches[i]->wait(), settings);
        swapped = swapped || (seen && i == 0);
      }
    }
    if (swapped) {
      reread(settings);
    }
  }
}

// Of a mount, that is another directory: nothing that happens in the volume happens in it.
void parent_watcher(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(path_of(settings, ".."));
  say_ready(settings);
  reread_at_swaps(settings, watch);
}

// Another watch, by another number, each interval. A swap between the two calls is missed.
void watch_replacer(const Settings& settings) {
  reread(settings);
  Watch watch;
  int wd = watch.add(settings.directory);
  say_ready(settings);
  for (;;) {
    pollfd ready{watch.fd(), POLLIN, 0};
    const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(settings.interval);
    if (::poll(&ready, 1, static_cast<int>(interval.count())) > 0) {
      if (holds_swap(watch.wait(), settings)) {
        reread(settings);
      }
      continue;
    }
    watch.remove(wd);
    wd = watch.add(settings.directory);
  }
}

// The same descriptor and the same watch descriptor, first on a file and then on the directory:
// who keeps a table of them must notice the close.
void wd_reuser(const Settings& settings) {
  reread(settings);
  auto watch = std::make_unique<Watch>();
  const int fd = watch->fd();
  const int wd = watch->add(path_of(settings, settings.files.front()));
  watch.reset();
  watch = std::make_unique<Watch>();
  const int wd_now = watch->add(settings.directory);
  say("queue " + std::to_string(fd) + " " + std::to_string(wd) + " became " +
      std::to_string(watch->fd()) + " " + std::to_string(wd_now));
  say_ready(settings);
  reread_at_swaps(settings, *watch);
}

// Fills the queue until the kernel drops events, by listing the watched directory and one in it in
// turn: equal neighbours in a queue become one event (fs/notify/inotify: event_compare), and a
// listing, unlike an open, is nothing that a tracer would have to count.
void overflow(const std::string& directory) {
  unsigned limit = 16384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  const auto open = [](const std::string& path) {
    return std::unique_ptr<DIR, int (*)(DIR*)>(::opendir(path.c_str()), ::closedir);
  };
  const auto root = open(directory);
  const auto generation = open(directory + "/..data");
  for (unsigned i = 0; i <= limit && root && generation; ++i) {
    DIR* const next = i % 2 == 0 ? root.get() : generation.get();
    ::rewinddir(next);
    static_cast<void>(::readdir(next));
  }
}

// Calls `react` for an overflow, rereads at each swap that the queue does tell.
template <class React>
[[noreturn]] void overflow_first(const Settings& settings, React react) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory, kChanges | IN_ACCESS);
  overflow(settings.directory);
  say_ready(settings);
  sleep_for(settings.interval);  // what happens meanwhile is lost
  for (;;) {
    const std::vector<WatchEvent> events = watch.wait();
    for (const WatchEvent& event : events) {
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        say("noticed overflow");
        react();
      }
    }
    if (holds_swap(events, settings)) {
      reread(settings);
    }
  }
}

void overflow_rescanner(const Settings& settings) {
  overflow_first(settings, [&settings] { reread(settings); });
}

void overflow_ignorer(const Settings& settings) {
  overflow_first(settings, [] {});
}

constexpr Behaviour kWatchKinds[] = {
    {"mask-adder", "watches DIR for IN_MODIFY, adds IN_MOVED_TO by IN_MASK_ADD", mask_adder},
    {"mask-replacer", "watches DIR for all changes, then by mistake only for IN_MODIFY",
     mask_replacer},
    {"one-shot-watcher", "watches DIR with IN_ONESHOT, rereads once, then is deaf",
     one_shot_watcher},
    {"one-shot-rearming", "the same, re-arms each time", one_shot_rearming},
    {"many-queues", "watches DIR with COUNT inotify instances, rereads by the first", many_queues},
    {"parent-watcher", "watches the parent of DIR, where a swap is not seen", parent_watcher},
    {"watch-replacer", "removes and adds its watch of DIR at intervals", watch_replacer},
    {"wd-reuser", "watches a FILE, then DIR by the same descriptors", wd_reuser},
    {"overflow-rescanner", "lets its queue overflow for an interval, rereads then",
     overflow_rescanner},
    {"overflow-ignorer", "lets its queue overflow for an interval, ignores that", overflow_ignorer},
};

}  // namespace

std::span<const Behaviour> watch_kinds() {
  return kWatchKinds;
}

}  // namespace reloadtrace::actor
