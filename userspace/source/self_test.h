// SPDX-License-Identifier: Apache-2.0
// Whether the hooks deliver: a child does what they are to see, in a directory that nobody else
// sees, and what was reported of it is compared. To attach is a promise of the kernel only.
//
// The tracer's own process is left out by the kernel side, hence the child: a fork that executes
// nothing and ends within milliseconds. It works in a detached tmpfs, which is in no mount table
// and goes with its descriptor. That takes CAP_SYS_ADMIN; without it a new directory on a tmpfs
// that is writable (/dev/shm, /run, /tmp) does, removed at the end. Where there is none, and of
// what the child is not permitted, the hooks are not tried: that is no failure of theirs.
//
// Never tried, for what it would do to the node: exec, mount, cgroup, and adopt.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "userspace/base/unique_fd.h"
#include "userspace/source/hook_table.h"
#include "userspace/wire/event.h"
#include "userspace/wire/scope.h"

namespace reloadtrace {

class SelfTest {
 public:
  // Makes the directory; null where there is no room for one.
  static std::unique_ptr<SelfTest> prepare();
  ~SelfTest();
  SelfTest(const SelfTest&) = delete;
  SelfTest& operator=(const SelfTest&) = delete;

  // Tracks the directory, runs the child to its end, has `drain` hand what was reported to
  // observe(), and forgets the directory. The file's name stays in the scope. Afterwards tried()
  // and seen() are known. An error is the scope's.
  Result<> conduct(Scope& scope, const std::function<void()>& drain);
  // What was reported meanwhile, by whomever, in any order.
  void observe(std::span<const std::byte> record);

  const HookSet& tried() const { return tried_; }
  // Of those tried, the ones of which something was seen.
  HookSet seen() const;
  // What others did. `use` takes a std::span<const std::byte>.
  template <typename Use>
  void each_of_others(Use&& use) const {
    for (const Observed& one : observed_) {
      if (!is_own(one.event)) {
        use(std::span<const std::byte>(one.record));
      }
    }
  }

 private:
  struct Observed {
    std::vector<std::byte> record;
    Event event;
  };

  SelfTest(UniqueFd directory, std::string path, VolumeId volume);
  void run();
  bool is_own(const Event& event) const;
  void learn_own_process(const Event& event);

  UniqueFd directory_;
  std::string path_;  // to be removed; empty = goes with its descriptor
  VolumeId volume_;
  std::vector<std::uint32_t> own_;  // tgids, in the initial pid namespace
  std::vector<Observed> observed_;
  HookSet tried_;
};

}  // namespace reloadtrace
