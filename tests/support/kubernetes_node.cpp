// SPDX-License-Identifier: Apache-2.0
#include "tests/support/kubernetes_node.h"

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>

namespace reloadtrace::testing {
namespace {

// The innermost mounts come last in mountinfo, so the lines are taken from the end.
constexpr const char* kCleanUp = R"(
while mounted=$(cut -d' ' -f5 /proc/self/mountinfo | grep -F "$1/" | tail -n 1) &&
    [ -n "$mounted" ] && umount -l "$mounted"; do :; done
# Not while another node is there, or its runtime makes a cgroup below one that goes.
exec 9</sys/fs/cgroup
flock -n 9 && for group in kubepods/burstable kubepods kubepods.slice/kubepods-burstable.slice kubepods.slice; do
  rmdir "/sys/fs/cgroup/$group" /sys/fs/cgroup/*/"$group" 2>/dev/null
done
rm -rf "$1"
)";

}  // namespace

KubernetesNode::KubernetesNode()
    : in_use_(::open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      janitor_(kCleanUp, {directory_.path().string()}) {
  ::flock(in_use_.get(), LOCK_SH);
  std::filesystem::create_directories(kubelet_directory() + "/pods");
  std::filesystem::create_directories(log_directory() + "/containers");
  std::filesystem::create_directories(log_directory() + "/pods");
}

KubernetesNode::~KubernetesNode() {
  in_use_.reset();
  janitor_.run();
}

std::vector<std::string> KubernetesNode::tracer_arguments() const {
  return {"--kubelet-dir", kubelet_directory(), "--log-dir", log_directory()};
}

}  // namespace reloadtrace::testing
