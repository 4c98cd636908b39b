// SPDX-License-Identifier: Apache-2.0
// What no application should do and a tracer must bear: odd names, depths, and races with the
// kernel's own reading of their memory and descriptors.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "tools/actor/watch.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

// Each tries to end a line, a quoted string, a terminal's state or an UTF-8 decoder.
std::vector<std::string> odd_names() {
  return {"new\nline",
          "\"quoted\", 'twice'",
          "tab\tand\\backslash",
          "\x1b[31mred",
          "bell\x07\x7f",
          "bad\xff\xfeutf8",
          "cut\xe2\x82",
          "{\"json\":1}",
          "<script>x</script>",
          "%s%n%x",
          " ",
          std::string(255, 'n')};
}

// Opens each of them, there or not, then FILEs; under a name of the same kind.
void read_odd_names(const Settings& settings, const std::string& file) {
  for (const std::string& name : odd_names()) {
    const UniqueFd fd(::open(path_of(settings, name).c_str(), O_RDONLY | O_CLOEXEC));
    if (fd) {
      content_of(fd.get());
    }
  }
  read_whole(settings, file);
}

void odd_names(const Settings& settings) {
  ::prctl(PR_SET_NAME, "a\n\"\x1b[31m\xff\\'");
  read_at_each_swap(settings, read_odd_names);
}

// Makes what is missing: the volume must then be writable.
void deep_reader(const Settings& settings) {
  std::string directory;
  for (unsigned level = 0; level < count_or(settings, 60); ++level) {
    directory += "d/";
    ::mkdir(path_of(settings, directory).c_str(), 0755);
  }
  const std::string file = directory + "deep";
  { const UniqueFd made(::open(path_of(settings, file).c_str(), O_WRONLY | O_CREAT, 0644)); }
  Settings deep = settings;
  deep.files = {file};
  read_at_each_swap(deep, read_whole);
}

// Reads through the highest descriptor that it may have, at most 1,000,000.
void read_high(const Settings& settings, const std::string& file) {
  UniqueFd low = open_or_say(settings, file);
  const int number = static_cast<int>(allow_descriptors(1'000'001)) - 1;
  const UniqueFd high(low ? ::dup2(low.get(), number) : -1);
  low.reset();
  if (high) {
    say("descriptor " + std::to_string(number));
    say_read(file, content_of(high.get()));
  }
}

// The page under the buffer of a read comes and goes while the kernel, or a tracer, uses it.
void buffer_unmapper(const Settings& settings) {
  constexpr std::size_t kPage = 4096;
  reread(settings);
  const UniqueFd queue(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ::inotify_add_watch(queue.get(), settings.directory.c_str(), IN_ALL_EVENTS);
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::atomic<bool> over = false;
  say_ready(settings);
  // Nobody may allocate from here on: the memory could come to lie where the page was.
  std::thread unmapper([&] {
    while (!over) {
      ::munmap(page, kPage);
      if (::mmap(page, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0) == MAP_FAILED) {
        die("mmap");
      }
    }
  });
  unsigned faults = 0;
  for (unsigned i = 0; i < count_or(settings, 100'000); ++i) {
    { const UniqueFd opened(::open(settings.directory.c_str(), O_RDONLY | O_CLOEXEC)); }
    faults += ::read(queue.get(), page, kPage) < 0 && errno == EFAULT ? 1U : 0U;
  }
  over = true;
  unmapper.join();
  say("done " + std::to_string(faults) + " faults");
}

// The descriptor of a read is closed, and is another file's, before it returns.
void descriptor_closer(const Settings& settings) {
  constexpr int kShared = 100;
  reread(settings);
  const UniqueFd file = open_or_say(settings, settings.files.front());
  std::atomic<bool> over = false;
  say_ready(settings);
  std::thread closer([&] {
    while (!over) {
      ::dup2(file.get(), kShared);
      ::close(kShared);
    }
  });
  unsigned failed = 0;
  std::array<char, 4096> buffer;
  for (unsigned i = 0; i < count_or(settings, 100'000); ++i) {
    failed += ::pread(kShared, buffer.data(), buffer.size(), 0) < 0 ? 1U : 0U;
  }
  over = true;
  closer.join();
  say("done " + std::to_string(failed) + " failed");
}

constexpr Behaviour kHostile[] = {
    {"odd-names", "has an odd name, opens odd names in DIR, rereads FILEs when swapped", odd_names},
    {"deep-reader", "rereads a file below COUNT (60) directories called d", deep_reader},
    {"high-descriptor", "watches DIR, rereads FILEs through descriptor 1,000,000 or the highest",
     on_swap<read_high>},
    {"buffer-unmapper", "COUNT times: reads events into a page that another thread unmaps",
     buffer_unmapper},
    {"descriptor-closer", "COUNT times: reads a descriptor that another thread closes",
     descriptor_closer},
};

}  // namespace

std::span<const Behaviour> hostile() {
  return kHostile;
}

}  // namespace reloadtrace::actor
