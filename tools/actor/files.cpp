// SPDX-License-Identifier: Apache-2.0
#include "tools/actor/files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
void say(const std::string& line) {
  const std::string whole = line + "\n";
  // Nobody to tell when this fails: the line is for people and tests only.
  [[maybe_unused]] const ssize_t put = ::write(STDOUT_FILENO, whole.data(), whole.size());
}

void die(const std::string& what) {
  const std::string message = "reloadtrace-actor: " + what + ": " + std::strerror(errno) + "\n";
  [[maybe_unused]] const ssize_t put = ::write(STDERR_FILENO, message.data(), message.size());
  std::exit(1);
}

std::string path_of(const Settings& settings, const std::string& file) {
  return settings.directory + "/" + file;
}

UniqueFd open_or_say(const Settings& settings, const std::string& file) {
  UniqueFd fd(::open(path_of(settings, file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    say("open " + file + " failed: " + std::strerror(errno));
  }
  return fd;
}

std::string content_of(int fd) {
  std::string content;
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return content;
}

void say_read(const std::string& file, const std::string& content) {
  say("read " + file + " " + std::to_string(content.size()) + " " +
      content.substr(0, std::min<std::size_t>(content.find('\n'), 60)));
}

void read_whole(const Settings& settings, const std::string& file) {
  const UniqueFd fd = open_or_say(settings, file);
  if (!fd) {
    return;
  }
  std::string content;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) {
      die("read " + file);
    }
    if (got == 0) {
      break;
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  say_read(file, content);
}

void reread(const Settings& settings) {
  sleep_for(settings.delay);
  for (const std::string& file : settings.files) {
    read_whole(settings, file);
  }
}

void read_half(const Settings& settings, const std::string& file) {
  sleep_for(settings.delay);
  const UniqueFd fd = open_or_say(settings, file);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return;
  }
  std::string content(static_cast<std::size_t>(status.st_size) / 2, '\0');
  const ssize_t got = ::read(fd.get(), content.data(), content.size());
  if (got < 0) {
    die("read " + file);
  }
  content.resize(static_cast<std::size_t>(got));
  say_read(file, content);
}

std::vector<std::string> visible_files(const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (name.front() == '.') {
      continue;
    }
    std::error_code gone;  // a link may dangle for a moment
    if (entry.is_regular_file(gone)) {
      files.push_back(name);
    } else if (entry.is_directory(gone)) {
      for (const std::string& below : visible_files(entry.path())) {
        files.push_back(std::filesystem::path(name) / below);
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void say_ready(const Settings& settings) {
  if (!settings.ready_file.empty()) {
    const UniqueFd fd(::open(settings.ready_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!fd) {
      die("open " + settings.ready_file);
    }
  }
  say("ready");
}

void sleep_for(std::chrono::nanoseconds time) {
  timespec left{.tv_sec = time.count() / 1'000'000'000, .tv_nsec = time.count() % 1'000'000'000};
  while (time.count() > 0 && ::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

void sleep_for_ever() {
  for (;;) {
    ::pause();
  }
}

unsigned count_or(const Settings& settings, unsigned usual) {
  return settings.count == 0 ? usual : settings.count;
}

unsigned allow_descriptors(unsigned wanted) {
  const rlimit ideal{wanted, wanted};
  rlimit limit{};
  if (::setrlimit(RLIMIT_NOFILE, &ideal) != 0) {  // no CAP_SYS_RESOURCE: up to the hard limit
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<unsigned>(std::min<rlim_t>(wanted, limit.rlim_cur));
}

}  // namespace reloadtrace::actor
