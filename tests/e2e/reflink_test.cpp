// SPDX-License-Identifier: Apache-2.0
// cp on a file system with reflinks reads nothing: the copy shares the blocks (FICLONE). What was
// not seen is no accusation.
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

// A new file system in a file, with $TMPDIR in it for as long as this lives.
class OnFileSystem {
 public:
  explicit OnFileSystem(const std::string& type) {
    const std::string make = "mkfs." + type;
    if (::geteuid() != 0 || find_program(make).empty()) {
      lacks_ = "needs root and " + make + " (xfsprogs, btrfs-progs)";
      return;
    }
    write_file(image_, "");
    std::filesystem::resize_file(image_, 512ULL << 20);  // sparse
    std::filesystem::create_directory(mount_);
    if (run({{make, "-q", image_}}).exit_code != 0 ||
        run({{"mount", "-o", "loop", image_, mount_}}).exit_code != 0) {
      lacks_ = "needs a loop device and the file system " + type;
      return;
    }
    mounted_ = true;
    if (const char* before = std::getenv("TMPDIR")) {
      before_ = before;
    }
    ::setenv("TMPDIR", mount_.c_str(), 1);
  }
  OnFileSystem(const OnFileSystem&) = delete;
  OnFileSystem& operator=(const OnFileSystem&) = delete;
  ~OnFileSystem() {
    if (!mounted_) {
      return;
    }
    before_ ? ::setenv("TMPDIR", before_->c_str(), 1) : ::unsetenv("TMPDIR");
    ::umount2(mount_.c_str(), MNT_DETACH);
  }

  const std::optional<std::string>& lacks() const { return lacks_; }

 private:
  TemporaryDirectory directory_;
  std::string image_ = directory_.at("image");
  std::string mount_ = directory_.at("mount");
  std::optional<std::string> before_;
  std::optional<std::string> lacks_;
  bool mounted_ = false;
};

// The file system comes first, so that the pod and all that is in it lie on it.
class CopyByReflink : public ::testing::WithParamInterface<const char*>,
                      private OnFileSystem,
                      public Story {
 protected:
  CopyByReflink() : OnFileSystem(GetParam()) {}

  void SetUp() override {
    Story::SetUp();
    RELOADTRACE_REQUIRE(lacks());
  }

  // A sidecar that copies the file to a directory of its own at each swap.
  Container& start_copier(const std::string& reflink) {
    const std::string copy = "cp --reflink=" + reflink + " /etc/config/app.yaml /tmp/copy";
    return start({.command = {"sh", "-c",
                              copy +
                                  "; exec 2>&1; inotifywait -m -e moved_to /etc/config | "
                                  "while read -r _; do " +
                                  copy + " && echo copied; done"},
                  .mounts = {volume_.mounted_at(kMount)},
                  .host_programs = true,
                  .ready = "Watches established."});
  }
};

TEST_P(CopyByReflink, is_unknown_and_never_stale) {
  const std::string large(100'000, 'x');
  volume_.publish({{"app.yaml", "one " + large}});
  trace();
  Container& clones = start_copier("always");
  Container& reads = start_copier("never");
  const Container& silent = start("no-watcher");
  volume_.publish({{"app.yaml", "two " + large}});
  EXPECT_EQ(row_of(verdict(reads)), (Row{"reloaded", "", "inotify"}));
  EXPECT_TRUE(clones.output().wait_for("copied", std::chrono::seconds(5)));
  const Line said = verdict(clones);
  EXPECT_EQ(row_of(said), Row{"unknown"}) << said.dump(1);
  EXPECT_NE(said.value("evidence", "").find("reflink"), std::string::npos) << said.dump(1);
  EXPECT_EQ(row_of(verdict(silent)), (Row{"stale", "no_watcher"}));
}

INSTANTIATE_TEST_SUITE_P(FileSystems,
                         CopyByReflink,
                         ::testing::Values("xfs", "btrfs"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace reloadtrace::testing
