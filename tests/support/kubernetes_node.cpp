// SPDX-License-Identifier: Apache-2.0
#include "tests/support/kubernetes_node.h"

#include <filesystem>

namespace reloadtrace::testing {
namespace {

// The innermost mounts come last in mountinfo, so the lines are taken from the end.
constexpr const char* kCleanUp = R"(
while mounted=$(cut -d' ' -f5 /proc/self/mountinfo | grep -F "$1/" | tail -n 1) &&
    [ -n "$mounted" ] && umount -l "$mounted"; do :; done
for group in kubepods/burstable kubepods kubepods.slice/kubepods-burstable.slice kubepods.slice; do
  rmdir "/sys/fs/cgroup/$group" /sys/fs/cgroup/*/"$group" 2>/dev/null
done
rm -rf "$1"
)";

}  // namespace

KubernetesNode::KubernetesNode() : janitor_(kCleanUp, {directory_.path().string()}) {
  std::filesystem::create_directories(kubelet_directory() + "/pods");
  std::filesystem::create_directories(log_directory() + "/containers");
  std::filesystem::create_directories(log_directory() + "/pods");
}

KubernetesNode::~KubernetesNode() {
  janitor_.run();
}

std::vector<std::string> KubernetesNode::tracer_arguments() const {
  return {"--kubelet-dir", kubelet_directory(), "--log-dir", log_directory()};
}

}  // namespace reloadtrace::testing
