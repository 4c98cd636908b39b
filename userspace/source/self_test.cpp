// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/self_test.h"

#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "userspace/base/overloaded.h"
#include "userspace/source/detached_mount.h"
#include "userspace/source/kernel_probe.h"
#include "userspace/source/self_test_acts.h"

namespace reloadtrace {
namespace {

// A child that takes longer hangs, and is no witness. It needs some milliseconds of a CPU, which a
// node that is busy or a container with a small quota may not give it for seconds.
constexpr int kPatienceMs = 10'000;
// How long its records may take once it is over.
constexpr auto kDrain = std::chrono::seconds(1);
constexpr char kFile[] = "reloadtrace-self-test";

// On a tmpfs alone: on overlayfs a file may lie on another device than its directory.
UniqueFd directory_on_tmpfs(std::string& path) {
  for (const char* parent : {"/dev/shm", "/run", "/tmp"}) {
    struct statfs fs {};
    if (::statfs(parent, &fs) != 0 || fs.f_type != TMPFS_MAGIC) {
      continue;
    }
    path = std::string(parent) + "/reloadtrace.XXXXXX";
    if (::mkdtemp(path.data()) != nullptr) {
      return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
  }
  path.clear();
  return {};
}

// False when the child did not say within its time.
bool hear(int pipe, TriedHooks& said) {
  pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, kPatienceMs);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && ::read(pipe, &said, sizeof(said)) == sizeof(said);
}

void wait_for(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// The hooks that an event is of.
TriedHooks shown_by(const Event& event) {
  return std::visit(
      Overloaded{
          [](const OpenEvent& e) { return (e.flags & kMarkOfRing) != 0 ? 0 : tried(HookId::Open); },
          // A descriptor is not known of what io_uring read.
          [](const ReadEvent& e) { return tried(e.fd < 0 ? HookId::IoUring : HookId::Read); },
          [](const MapEvent&) { return tried(HookId::Mmap); },
          [](const RenameEvent&) { return tried(HookId::Publish); },
          [](const SymlinkEvent&) { return tried(HookId::Symlink); },
          [](const NotifyEvent&) { return tried(HookId::Inotify); },
          [](const WriteClosedEvent&) { return tried(HookId::WriteClose); },
          [](const ForkEvent&) { return tried(HookId::Fork); },
          [](const ExitEvent&) { return tried(HookId::Exit); },
          [](const PollEvent&) { return tried(HookId::Poll); },
          [](const SignalEvent&) { return tried(HookId::Signal); },
          [](const HttpEvent& e) { return e.status == 0 ? 0 : tried(HookId::Http); },
          [](const FanotifyEvent&) { return tried(HookId::Fanotify); },
          [](const OpenFailedEvent&) { return tried(HookId::IoUringFailed); },
          [](const auto&) { return TriedHooks{0}; }},
      event);
}

VolumeId volume_of(const Event& event) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.file.volume(); }) {
          return e.file.volume();
        } else {
          return VolumeId{};
        }
      },
      event);
}

}  // namespace

std::unique_ptr<SelfTest> SelfTest::prepare() {
  std::string path;
  UniqueFd directory = detached_mount("tmpfs");
  if (!directory) {
    directory = directory_on_tmpfs(path);
  }
  struct stat status {};
  if (!directory || ::fstat(directory.get(), &status) != 0) {
    return nullptr;
  }
  const VolumeId volume{static_cast<DeviceId>(major(status.st_dev) << 20U | minor(status.st_dev)),
                        status.st_ino};
  return std::unique_ptr<SelfTest>(new SelfTest(std::move(directory), std::move(path), volume));
}

SelfTest::SelfTest(UniqueFd directory, std::string path, VolumeId volume)
    : directory_(std::move(directory)), path_(std::move(path)), volume_(volume) {}

SelfTest::~SelfTest() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

Result<> SelfTest::conduct(Scope& scope, const std::function<void()>& drain) {
  if (auto named = scope.add_file_name(kFile); !named) {
    return named;
  }
  if (auto tracked = scope.track_volume(volume_); !tracked) {
    return tracked;
  }
  run();
  const Timestamp until = monotonic_now() + kDrain;
  // A record that another CPU has not finished holds up those behind it.
  for (drain(); seen() != tried_ && monotonic_now() < until; drain()) {
    ::poll(nullptr, 0, 1);
  }
  return scope.forget_volume(volume_);
}

void SelfTest::run() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return;
  }
  const UniqueFd hears(ends[0]);
  UniqueFd says(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    return;
  }
  if (child == 0) {
    const TriedHooks done = act_for_hooks(directory_.get(), kFile);
    ::_exit(::write(says.get(), &done, sizeof(done)) == sizeof(done) ? 0 : 1);
  }
  says.reset();
  own_.push_back(static_cast<std::uint32_t>(child));
  TriedHooks done = 0;
  if (hear(hears.get(), done)) {
    tried_ = HookSet(done);
  } else {
    ::kill(child, SIGKILL);
  }
  wait_for(child);
}

void SelfTest::observe(std::span<const std::byte> record) {
  auto event = decode(record);
  if (!event) {
    return;
  }
  learn_own_process(*event);
  observed_.push_back({{record.begin(), record.end()}, *std::move(event)});
}

// fork() told a number of our own pid namespace, which may be another.
void SelfTest::learn_own_process(const Event& event) {
  if (volume_of(event) == volume_) {
    own_.push_back(origin_of(event)->tgid);
  }
  if (const auto* fork = std::get_if<ForkEvent>(&event); fork != nullptr && is_own(event)) {
    own_.push_back(fork->child);
  }
}

bool SelfTest::is_own(const Event& event) const {
  const Origin* origin = origin_of(event);
  return origin != nullptr && std::ranges::find(own_, origin->tgid) != own_.end();
}

HookSet SelfTest::seen() const {
  TriedHooks seen = 0;
  for (const Observed& one : observed_) {
    if (is_own(one.event)) {
      seen |= shown_by(one.event);
    }
  }
  return HookSet(seen) & tried_;
}

}  // namespace reloadtrace
