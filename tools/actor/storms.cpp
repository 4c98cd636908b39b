// SPDX-License-Identifier: Apache-2.0
// Applications that do very much of something. Each says "done" after COUNT times.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

// A directory of its own below --temporary, which goes when it does.
class Scratch {
 public:
  explicit Scratch(const Settings& settings)
      : path_(settings.temporary + "/reloadtrace-actor.XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      die("mkdtemp " + path_);
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Each of a few instances watches DIR and the same many files; a user may have only 128 instances.
void watch_hoarder(const Settings& settings) {
  constexpr unsigned kInstances = 16;
  reread(settings);
  const Scratch scratch(settings);
  std::array<UniqueFd, kInstances> queues;
  for (UniqueFd& queue : queues) {
    queue.reset(::inotify_init1(IN_CLOEXEC));
    ::inotify_add_watch(queue.get(), settings.directory.c_str(), IN_MOVED_TO);
  }
  unsigned added = kInstances;
  for (unsigned i = 0; added < count_or(settings, 100'000); ++i) {
    const std::string file = scratch.path() + "/" + std::to_string(i);
    { const UniqueFd made(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)); }
    const unsigned before = added;
    for (const UniqueFd& queue : queues) {
      added += ::inotify_add_watch(queue.get(), file.c_str(), IN_MODIFY) >= 0 ? 1U : 0U;
    }
    if (added == before) {
      break;  // the user's limit
    }
  }
  say("watches " + std::to_string(added));
  say_ready(settings);
  sleep_for(settings.interval);
  say("done");
}

void forker(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  const std::string path = path_of(settings, settings.files.front());
  for (unsigned i = 0; i < count_or(settings, 50'000); ++i) {
    const pid_t child = ::fork();
    if (child < 0) {
      die("fork");
    }
    if (child == 0) {
      const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      content_of(fd.get());
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  say("done");
}

// Opens and closes what it watches, and takes all the events of that.
void event_storm(const Settings& settings) {
  reread(settings);
  Watch watch;
  watch.add(settings.directory, IN_ALL_EVENTS);
  say_ready(settings);
  const unsigned wanted = count_or(settings, 1'000'000);
  for (std::size_t taken = 0; taken < wanted;) {
    for (int i = 0; i < 64; ++i) {
      const UniqueFd fd(::open(settings.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    const std::vector<WatchEvent> events = watch.wait();
    taken += events.size();
    if (holds_swap(events, settings)) {
      reread(settings);
    }
  }
  say("done");
}

void read_storm(const Settings& settings) {
  reread(settings);
  say_ready(settings);
  const std::string path = path_of(settings, settings.files.front());
  for (unsigned i = 0; i < count_or(settings, 1'000'000); ++i) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    content_of(fd.get());
  }
  say("done");
}

// Its children have read the file and wait; at the swap all of them end at once.
void crowd_leaver(const Settings& settings) {
  std::array<int, 2> gate{};
  if (::pipe2(gate.data(), O_CLOEXEC) != 0) {
    die("pipe");
  }
  reread(settings);
  const std::string path = path_of(settings, settings.files.front());
  unsigned children = 0;
  for (; children < count_or(settings, 10'000); ++children) {
    const pid_t child = ::fork();
    if (child < 0) {
      die("fork");
    }
    if (child == 0) {
      ::close(gate[1]);
      { const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }
      char byte = 0;
      ::_exit(::read(gate[0], &byte, 1) == 0 ? 0 : 1);
    }
  }
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  while (!holds_swap(watch.wait(), settings)) {
  }
  ::close(gate[1]);
  reread(settings);
  while (::wait(nullptr) > 0) {
  }
  say("done");
}

constexpr Behaviour kStorms[] = {
    {"watch-hoarder", "adds COUNT (100,000) watches, or all it may, keeps them an interval",
     watch_hoarder},
    {"forker", "forks COUNT (50,000) children one by one, each reads the first FILE", forker},
    {"event-storm", "takes COUNT (1,000,000) events of its own, rereads FILEs when swapped",
     event_storm},
    {"crowd-leaver", "forks COUNT (10,000) children, which all end at the swap; then rereads FILEs",
     crowd_leaver},
    {"read-storm", "opens and reads the first FILE COUNT (1,000,000) times", read_storm},
};

}  // namespace

std::span<const Behaviour> storms() {
  return kStorms;
}

}  // namespace reloadtrace::actor
