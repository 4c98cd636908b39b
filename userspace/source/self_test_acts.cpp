// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/self_test_acts.h"

#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {
namespace {

constexpr char kLink[] = "..data";  // a name that publishes
constexpr char kLinkBefore[] = "..data_tmp";

bool write_all(int fd, std::string_view text) {
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool reads_something(int fd) {
  std::array<char, 4096> buffer{};
  return ::read(fd, buffer.data(), buffer.size()) > 0;
}

TriedHooks write_in_place(const char* file) {
  const UniqueFd fd(::open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  return fd && write_all(fd.get(), "x") ? tried(HookId::WriteClose) : 0;
}

TriedHooks open_read_and_map(const char* file) {
  const UniqueFd fd(::open(file, O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return 0;
  }
  TriedHooks done = tried(HookId::Open);
  if (reads_something(fd.get())) {
    done |= tried(HookId::Read);
  }
  void* at = ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (at != MAP_FAILED) {
    ::munmap(at, 1);
    done |= tried(HookId::Mmap);
  }
  return done;
}

TriedHooks look_at(const char* file) {
  struct stat status {};
  return ::stat(file, &status) == 0 ? tried(HookId::Poll) : 0;
}

TriedHooks publish(const char* file) {
  if (::symlink(file, kLinkBefore) != 0) {
    return 0;
  }
  TriedHooks done = tried(HookId::Symlink);
  if (::rename(kLinkBefore, kLink) == 0) {
    done |= tried(HookId::Publish);
  }
  return done;
}

TriedHooks watch() {
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  return queue && ::inotify_add_watch(queue.get(), ".", IN_MOVED_FROM) > 0 &&
                 ::rename(kLink, kLinkBefore) == 0 && reads_something(queue.get())
             ? tried(HookId::Inotify)
             : 0;
}

TriedHooks watch_by_fanotify(const char* file) {
  const UniqueFd queue(::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY));
  if (!queue || ::fanotify_mark(queue.get(), FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, file) != 0) {
    return 0;
  }
  const UniqueFd opened(::open(file, O_RDONLY | O_CLOEXEC));
  fanotify_event_metadata event{};
  if (::read(queue.get(), &event, sizeof(event)) <= 0) {
    return 0;
  }
  const UniqueFd theirs(event.fd);
  return tried(HookId::Fanotify);
}

TriedHooks ask_and_answer() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return 0;
  }
  const UniqueFd client(ends[0]);
  const UniqueFd server(ends[1]);
  return write_all(client.get(), "POST /-/reload HTTP/1.1\r\n\r\n") &&
                 reads_something(server.get()) && write_all(server.get(), "HTTP/1.1 200 OK\r\n\r\n")
             ? tried(HookId::Http)
             : 0;
}

TriedHooks signal_itself() {
  return std::signal(SIGUSR1, SIG_IGN) != SIG_ERR && ::kill(::getpid(), SIGUSR1) == 0
             ? tried(HookId::Signal)
             : 0;
}

TriedHooks have_a_child() {
  const pid_t child = ::_Fork();
  if (child == 0) {
    ::_exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child
             ? tried(HookId::Fork) | tried(HookId::Exit)
             : 0;
}

}  // namespace

TriedHooks act_for_hooks(int directory, const char* file) {
  if (::fchdir(directory) != 0) {
    return 0;
  }
  // In this order: the first to touch the file bring the process into scope for the others.
  TriedHooks done = write_in_place(file);
  done |= open_read_and_map(file);
  done |= look_at(file);
  done |= publish(file);
  done |= watch();
  done |= watch_by_fanotify(file);
  done |= ask_and_answer();
  done |= signal_itself();
  done |= act_with_ring(file);
  done |= have_a_child();
  return done;
}

}  // namespace reloadtrace
