// SPDX-License-Identifier: Apache-2.0
// A live source, a volume to watch, and children that do things to it. (The test itself is the
// tracer: what it does is not reported, so it can prepare volumes in silence.)
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/requirements.h"
#include "tests/support/temporary_directory.h"
#include "userspace/source/bpf_source.h"

namespace reloadtrace::testing {

// Device and inode of a path (links followed) or descriptor, as the kernel keeps them.
InodeId inode_of(const std::string& path);

// hooks_to_test() of tests/support/requirements.h, for the source.
HookChoice tier_to_test();

// Hooks that this kernel cannot have with its types from a file.
std::set<std::string> hooks_missing_without_btf();

class LiveSourceTest : public ::testing::Test {
 protected:
  // volume/..one/app.yaml ("first\n"), volume/..data → ..one, volume/app.yaml → ..data/app.yaml,
  // and beside the volume other/app.yaml.
  void SetUp() override;

  // Loads and tracks the volume; throws when it cannot, since no test can go on then.
  void start(BpfOptions options = {});

  // Runs `act` in a child and returns what was reported until it had ended; a failed call in it
  // (expressed as `false`) fails the test.
  std::vector<Event> trace(const std::function<bool()>& act);
  // For a child: an instance of inotify that watches the volume, and is closed; one that watches
  // beside it, and is read. The kernel gives the memory of the one that is closed to the next.
  bool watch_and_close() const;
  bool read_a_queue_beside() const;
  // For what is reported to be complete up to now.
  std::vector<Event> drain();

  pid_t child() const { return child_; }
  std::string at(const std::string& name) const { return directory_.at(name); }
  VolumeId volume() const { return inode_of(at("volume")); }
  BpfSource& source() { return *source_; }

  // Those of one kind by the last child.
  template <typename Kind>
  std::vector<Kind> of(const std::vector<Event>& events) const {
    std::vector<Kind> found;
    for (const Event& event : events) {
      const auto* one = std::get_if<Kind>(&event);
      if (one != nullptr && one->origin.tgid == static_cast<std::uint32_t>(child_)) {
        found.push_back(*one);
      }
    }
    return found;
  }
  // By whomever.
  template <typename Kind>
  static std::vector<Kind> all(const std::vector<Event>& events) {
    std::vector<Kind> found;
    for (const Event& event : events) {
      if (const auto* one = std::get_if<Kind>(&event)) {
        found.push_back(*one);
      }
    }
    return found;
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<BpfSource> source_;
  pid_t child_ = -1;
};

// For use in children: true when all went well.
bool read_to_end(int fd);
bool open_and_read(const std::string& path);
bool run_shell(const std::string& script);

}  // namespace reloadtrace::testing
