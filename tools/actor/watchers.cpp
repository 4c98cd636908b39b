// SPDX-License-Identifier: Apache-2.0
// Applications that watch their config with inotify.
#include <unistd.h>

#include <algorithm>
#include <map>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"

namespace reloadtrace::actor {
namespace {

// Reads, watches the directory, and hands each batch of events to `react` for ever.
template <class React>
[[noreturn]] void watch_directory(const Settings& settings, React react) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  for (;;) {
    react(watch.wait());
  }
}

template <class React>
[[noreturn]] void on_each_swap(const Settings& settings, React react) {
  watch_directory(settings, [&](const std::vector<WatchEvent>& events) {
    if (holds_swap(events, settings)) {
      react();
    }
  });
}

// Reads, and watches each file itself rather than its directory. Calls `on_end` with the file whose
// watch the kernel has removed.
template <class OnEnd>
[[noreturn]] void watch_files(const Settings& settings, OnEnd on_end) {
  reread(settings);
  Watch watch;
  std::map<int, std::string> files;
  for (const std::string& file : settings.files) {
    files[watch.add(path_of(settings, file))] = file;
  }
  say_ready(settings);
  for (;;) {
    for (const WatchEvent& event : watch.wait()) {
      const auto file = files.find(event.wd);
      if (file == files.end()) {
        continue;
      }
      if (is_end_of_watch(event)) {
        const std::string name = file->second;
        files.erase(file);
        on_end(watch, files, name);
      } else if ((event.mask & IN_CLOSE_WRITE) != 0) {
        read_whole(settings, file->second);
      }
    }
  }
}

void directory_watcher(const Settings& settings) {
  on_each_swap(settings, [&] { reread(settings); });
}

void multi(const Settings& settings) {
  on_each_swap(settings, [&] {
    sleep_for(settings.delay);
    for (const std::string& file : visible_files(settings.directory)) {
      read_whole(settings, file);
    }
  });
}

void data_watcher(const Settings& settings) {
  const std::string data = path_of(settings, "..data");
  reread(settings);
  Watch watch;
  watch.add(data);
  say_ready(settings);
  for (;;) {
    for (const WatchEvent& event : watch.wait()) {
      if (is_end_of_watch(event)) {
        watch.add(data);
        reread(settings);
      }
    }
  }
}

void file_watcher_rearming(const Settings& settings) {
  watch_files(settings, [&](Watch& watch, std::map<int, std::string>& files, const auto& file) {
    files[watch.add(path_of(settings, file))] = file;
    sleep_for(settings.delay);
    read_whole(settings, file);
  });
}

void file_watcher_once(const Settings& settings) {
  watch_files(settings, [&](Watch&, std::map<int, std::string>&, const auto& file) {
    sleep_for(settings.delay);
    read_whole(settings, file);
  });
}

void file_watcher_deaf(const Settings& settings) {
  watch_files(settings, [](Watch&, std::map<int, std::string>&, const auto& file) {
    say("noticed end of watch on " + file);
  });
}

void link_watcher(const Settings& settings) {
  reread(settings);
  Watch watch;
  for (const std::string& file : settings.files) {
    watch.add(path_of(settings, file), kChanges | IN_DONT_FOLLOW);
  }
  say_ready(settings);
  for (;;) {
    watch.wait();
    reread(settings);
  }
}

void mask_misser(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory, IN_MODIFY);
  say_ready(settings);
  for (;;) {
    watch.wait();
    reread(settings);
  }
}

void event_ignorer(const Settings& settings) {
  watch_directory(settings, [](const std::vector<WatchEvent>& events) {
    for (const WatchEvent& event : events) {
      say("noticed " + event.name);
    }
  });
}

void queue_neglecter(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  sleep_for_ever();
}

void early_reader(const Settings& settings) {
  watch_directory(settings, [&](const std::vector<WatchEvent>& events) {
    if (std::any_of(events.begin(), events.end(), is_new_generation)) {
      reread(settings);
    }
  });
}

void torn_reader(const Settings& settings) {
  if (settings.files.size() < 2) {
    errno = EINVAL;
    die("torn-reader needs two files");
  }
  watch_directory(settings, [&](const std::vector<WatchEvent>& events) {
    for (const WatchEvent& event : events) {
      if (is_new_generation(event)) {
        read_whole(settings, settings.files[0]);
      } else if (is_swap(event, settings)) {
        read_whole(settings, settings.files[1]);
      }
    }
  });
}

void partial_reader(const Settings& settings) {
  on_each_swap(settings, [&] {
    for (const std::string& file : settings.files) {
      read_half(settings, file);
    }
  });
}

void first_file_reader(const Settings& settings) {
  on_each_swap(settings, [&] {
    sleep_for(settings.delay);
    read_whole(settings, settings.files.front());
  });
}

void failing_opener(const Settings& settings) {
  constexpr uid_t kNobody = 65534;
  reread(settings);
  Watch watch;
  watch.add(settings.directory);
  if (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0) {
    die("setresuid");
  }
  say_ready(settings);
  for (;;) {
    for (const WatchEvent& event : watch.wait()) {
      if (is_swap(event, settings)) {
        reread(settings);
      }
    }
  }
}

constexpr Behaviour kWatchers[] = {
    {"directory-watcher", "watches DIR, rereads FILEs when ..data is swapped", directory_watcher},
    {"multi", "watches DIR, rereads whatever it shows then", multi},
    {"data-watcher", "watches DIR/..data, re-arms and rereads when it ends", data_watcher},
    {"file-watcher-rearming", "watches FILEs, re-arms and rereads each", file_watcher_rearming},
    {"file-watcher-once", "watches FILEs, rereads when the watch ends, never re-arms",
     file_watcher_once},
    {"file-watcher-deaf", "watches FILEs, takes the end of the watch, rereads nothing",
     file_watcher_deaf},
    {"link-watcher", "watches the links with IN_DONT_FOLLOW, which never fires", link_watcher},
    {"mask-misser", "watches DIR for IN_MODIFY, which a swap is not", mask_misser},
    {"event-ignorer", "watches DIR, takes every event, opens nothing", event_ignorer},
    {"queue-neglecter", "watches DIR, never reads the queue", queue_neglecter},
    {"early-reader", "rereads when the new directory appears, before the swap", early_reader},
    {"torn-reader", "reads the first FILE before the swap and the second after it", torn_reader},
    {"partial-reader", "watches DIR, rereads the first half of FILEs", partial_reader},
    {"first-file-reader", "watches DIR, rereads the first FILE and forgets the others",
     first_file_reader},
    {"failing-opener", "watches DIR as uid 65534, tries to open FILEs", failing_opener},
};

}  // namespace

std::span<const Behaviour> watchers() {
  return kWatchers;
}

}  // namespace reloadtrace::actor
