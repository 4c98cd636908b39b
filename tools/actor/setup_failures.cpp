// SPDX-License-Identifier: Apache-2.0
// Applications that fail to set their watch up, say so in a log that nobody reads, and go on.
#include <fcntl.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

constexpr uid_t kNobody = 65534;

// Nobody else's: what it uses up, it takes from no one.
constexpr uid_t kOwnUser = 54321;

[[noreturn]] void go_on(const Settings& settings) {
  say_ready(settings);
  sleep_for_ever();
}

// Says that `call` failed; dies when it did not, for then the test would be of something else.
void expect_failure(int returned, const std::string& call) {
  if (returned >= 0) {
    die(call + " was to fail, and did not");
  }
  say(call + " failed: " + std::strerror(errno));
}

void become(uid_t user) {
  if (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0) {
    die("setresuid");
  }
}

// Lowers a limit of inotify to 0 for this process alone, by a user namespace of its own.
void allow_no_more(const std::string& limit) {
  if (::unshare(CLONE_NEWUSER) != 0) {
    die("unshare user namespace");
  }
  const std::string path = "/proc/sys/user/" + limit;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (::write(fd.get(), "0", 1) != 1) {
    die("write " + path);
  }
}

void descriptor_limit(const Settings& settings) {
  reread(settings);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const UniqueFd next(::dup(STDOUT_FILENO));
  const rlimit none{static_cast<rlim_t>(next.get()), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  expect_failure(::inotify_init1(IN_CLOEXEC), "inotify_init1");
  ::setrlimit(RLIMIT_NOFILE, &before);
  go_on(settings);
}

void instance_limit(const Settings& settings) {
  reread(settings);
  allow_no_more("max_inotify_instances");
  expect_failure(::inotify_init1(IN_CLOEXEC), "inotify_init1");
  go_on(settings);
}

// The limit that nodes really hit: another program of the same user has taken all instances.
void instances_taken(const Settings& settings) {
  reread(settings);
  become(kOwnUser);
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    die("pipe2");
  }
  const pid_t other = ::fork();
  if (other < 0) {
    die("fork");
  }
  if (other == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    allow_descriptors(1'000'000);
    while (::inotify_init1(IN_CLOEXEC) >= 0) {
    }
    [[maybe_unused]] const ssize_t put = ::write(ends[1], "x", 1);
    sleep_for_ever();
  }
  char taken = 0;
  [[maybe_unused]] const ssize_t got = ::read(ends[0], &taken, 1);
  expect_failure(::inotify_init1(IN_CLOEXEC), "inotify_init1");
  go_on(settings);
}

void watch_limit(const Settings& settings) {
  reread(settings);
  allow_no_more("max_inotify_watches");
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC));
  expect_failure(::inotify_add_watch(queue.get(), settings.directory.c_str(), IN_MOVED_TO),
                 "inotify_add_watch");
  go_on(settings);
}

void missing_watch(const Settings& settings) {
  reread(settings);
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC));
  const std::string path = path_of(settings, "no-such-directory");
  expect_failure(::inotify_add_watch(queue.get(), path.c_str(), IN_MOVED_TO), "inotify_add_watch");
  go_on(settings);
}

void forbidden_watch(const Settings& settings) {
  reread(settings);
  become(kNobody);
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC));
  for (const std::string& file : settings.files) {
    expect_failure(::inotify_add_watch(queue.get(), path_of(settings, file).c_str(), IN_MODIFY),
                   "inotify_add_watch");
  }
  go_on(settings);
}

constexpr Behaviour kSetupFailures[] = {
    {"descriptor-limit", "inotify_init1 fails with EMFILE: has no descriptor left",
     descriptor_limit},
    {"instance-limit", "inotify_init1 fails with EMFILE: its user namespace allows none",
     instance_limit},
    {"instances-taken", "inotify_init1 fails with EMFILE: a child of the same user has them all",
     instances_taken},
    {"watch-limit", "inotify_add_watch fails with ENOSPC: its user namespace allows none",
     watch_limit},
    {"missing-watch", "inotify_add_watch fails with ENOENT", missing_watch},
    {"forbidden-watch", "inotify_add_watch of FILEs as uid 65534 fails with EACCES (--mode 0400)",
     forbidden_watch},
};

}  // namespace

std::span<const Behaviour> setup_failures() {
  return kSetupFailures;
}

}  // namespace reloadtrace::actor
