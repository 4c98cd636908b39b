// SPDX-License-Identifier: Apache-2.0
// Applications that keep hold of a file they opened or mapped once.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

// A whole file, mapped; its descriptor is closed.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
      die("open " + path);
    }
    size_ = static_cast<std::size_t>(status.st_size);
    bytes_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (bytes_ == MAP_FAILED) {
      die("mmap " + path);
    }
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(bytes_, size_); }

  // Touches every page.
  std::string content() const { return {static_cast<const char*>(bytes_), size_}; }

 private:
  void* bytes_ = nullptr;
  std::size_t size_ = 0;
};

void fd_keeper(const Settings& settings) {
  const std::string& file = settings.files.front();
  const UniqueFd fd(::open(path_of(settings, file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    die("open " + file);
  }
  const auto read_again = [&] {
    std::string content;
    std::array<char, 4096> buffer;
    ssize_t got = 0;
    while ((got = ::pread(fd.get(), buffer.data(), buffer.size(),
                          static_cast<off_t>(content.size()))) > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(got));
    }
    say_read(file, content);
  };
  read_again();
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    read_again();
  }
}

void mapper(const Settings& settings) {
  const std::string& file = settings.files.front();
  const Mapping mapping(path_of(settings, file));
  say_read(file, mapping.content());
  say_ready(settings);
  for (;;) {
    sleep_for(settings.interval);
    say_read(file, mapping.content());
  }
}

void remapper(const Settings& settings) {
  const auto map_all = [&] {
    for (const std::string& file : settings.files) {
      say_read(file, Mapping(path_of(settings, file)).content());
    }
  };
  map_all();
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  for (;;) {
    for (const WatchEvent& event : watch.wait()) {
      if (is_swap(event, settings)) {
        sleep_for(settings.delay);
        map_all();
      }
    }
  }
}

// As double-buffering caches do: for a while both generations are mapped.
void late_unmapper(const Settings& settings) {
  const std::string& file = settings.files.front();
  auto mapping = std::make_unique<Mapping>(path_of(settings, file));
  say_read(file, mapping->content());
  Watch watch;
  watch.add(settings.directory);
  say_ready(settings);
  for (;;) {
    if (holds_swap(watch.wait(), settings)) {
      sleep_for(settings.delay);
      auto fresh = std::make_unique<Mapping>(path_of(settings, file));
      say_read(file, fresh->content());
      sleep_for(settings.interval);
      mapping = std::move(fresh);
      say("unmapped " + file);
    }
  }
}

// Lets go of the old content and never looks at the new.
void unmapper(const Settings& settings) {
  const std::string& file = settings.files.front();
  auto mapping = std::make_unique<Mapping>(path_of(settings, file));
  say_read(file, mapping->content());
  say_ready(settings);
  sleep_for(settings.interval);
  mapping.reset();
  say("unmapped " + file);
  sleep_for_ever();
}

constexpr Behaviour kHolders[] = {
    {"fd-keeper", "keeps the first FILE open and reads it again at intervals", fd_keeper},
    {"mapper", "maps the first FILE once and touches the mapping at intervals", mapper},
    {"remapper", "watches DIR, maps FILEs anew when ..data is swapped", remapper},
    {"late-unmapper", "maps the first FILE anew at a swap, unmaps the old one an interval later",
     late_unmapper},
    {"unmapper", "maps the first FILE once, unmaps it after the interval, opens nothing", unmapper},
};

}  // namespace

std::span<const Behaviour> holders() {
  return kHolders;
}

}  // namespace reloadtrace::actor
