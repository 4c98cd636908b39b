// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/shedding.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/bpf/live_source.h"
#include "tests/bpf/ring.h"

namespace reloadtrace::testing {
namespace {

// A child that does all that can be shed, and what cannot.
class BpfShedding : public LiveSourceTest {
 protected:
  std::vector<Event> trace_everything() {
    return trace([this] {
      const std::string path = at("volume/app.yaml");
      struct stat status {};
      const int fd = ::open(path.c_str(), O_RDONLY);
      int ends[2];
      char buffer[64];
      const std::string request = "POST /-/reload HTTP/1.1\r\n\r\n";
      return fd >= 0 && read_to_end(fd) &&
             ::mmap(nullptr, 4, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED &&
             ::stat(path.c_str(), &status) == 0 &&
             ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
             ::write(ends[0], request.data(), request.size()) > 0 &&
             ::read(ends[1], buffer, sizeof buffer) > 0 && read_by_ring(fd);
    });
  }
  static bool read_by_ring(int fd) {
    char buffer[8];
    auto ring = Ring::open();
    return !ring || ring->run(ring_read(fd, buffer, sizeof buffer, 0)) > 0;
  }
  bool has_ring() const { return Ring::open().has_value(); }
  // By hook, those that showed something.
  HookSet shown() {
    const auto events = trace_everything();
    HookSet shown;
    shown[place_of(HookId::Open)] = !of<OpenEvent>(events).empty();
    shown[place_of(HookId::Mmap)] = !of<MapEvent>(events).empty();
    shown[place_of(HookId::Poll)] = !of<PollEvent>(events).empty();
    shown[place_of(HookId::Http)] = !of<HttpEvent>(events).empty();
    for (const ReadEvent& read : of<ReadEvent>(events)) {
      shown.set(place_of(read.fd < 0 ? HookId::IoUring : HookId::Read));
    }
    return shown;
  }
};

TEST_F(BpfShedding, makes_one_hook_after_the_other_silent_and_leaves_the_rest) {
  start();
  BpfSource& live = source();
  live.announce_volumes().has_value();
  ASSERT_TRUE(live.add_file_name("app.yaml"));
  HookSet expected;
  for (const HookId id :
       {HookId::Open, HookId::Read, HookId::Mmap, HookId::Poll, HookId::Http, HookId::IoUring}) {
    expected.set(place_of(id), id != HookId::IoUring || has_ring());
  }
  EXPECT_EQ(shown(), expected);
  for (const HookId id : kShedOrder) {
    SCOPED_TRACE(name_of(id));
    live.shed(id);
    expected.reset(place_of(id));
    EXPECT_EQ(shown(), expected);
    EXPECT_FALSE(live.there()[place_of(id)]);
    EXPECT_EQ(live.hooks()[place_of(id)].state, HookState::Missing);
  }
  EXPECT_TRUE(expected[place_of(HookId::Read)]);
}

}  // namespace
}  // namespace reloadtrace::testing
