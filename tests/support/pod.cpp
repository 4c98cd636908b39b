// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pod.h"

#include <algorithm>
#include <filesystem>
#include <random>

namespace reloadtrace::testing {

namespace fs = std::filesystem;

std::string random_hex(int digits) {
  std::random_device random;
  std::string hex;
  for (int i = 0; i < digits; ++i) {
    hex += "0123456789abcdef"[random() % 16];
  }
  return hex;
}

Pod::Pod(std::string name_space, std::string name)
    : Pod(std::make_shared<KubernetesNode>(), std::move(name_space), std::move(name)) {}

Pod::Pod(std::shared_ptr<const KubernetesNode> node,
         std::string name_space,
         std::string name,
         CgroupShape shape)
    : node_(std::move(node)),
      namespace_(std::move(name_space)),
      name_(std::move(name)),
      shape_(shape) {
  uid_ = random_hex(8) + "-" + random_hex(4) + "-4" + random_hex(3) + "-8" + random_hex(3) + "-" +
         random_hex(12);
  fs::create_directories(pod_directory() + "/volumes");
  fs::create_directories(pod_logs());  // kubelet makes it before the first container
  fs::create_directories(directory());
}

Pod::~Pod() {
  std::error_code ignored;
  const fs::path logs = pod_logs();
  for (const auto& link : fs::directory_iterator(log_directory() + "/containers", ignored)) {
    if (fs::read_symlink(link, ignored).string().starts_with(logs.string() + "/")) {
      fs::remove(link, ignored);
    }
  }
  for (const fs::path& gone : {logs, fs::path(pod_directory()), fs::path(directory())}) {
    fs::remove_all(gone, ignored);
  }
}

std::string Pod::cgroup() const {
  if (shape_ == CgroupShape::Cgroupfs) {
    return "/kubepods/burstable/pod" + uid_;
  }
  std::string escaped = uid_;
  std::ranges::replace(escaped, '-', '_');
  return "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + escaped + ".slice";
}

std::string Pod::cgroup_of(const std::string& container_id) const {
  switch (shape_) {
    case CgroupShape::SystemdContainerd:
      return cgroup() + "/cri-containerd-" + container_id + ".scope";
    case CgroupShape::SystemdCrio:
      return cgroup() + "/crio-" + container_id + ".scope";
    case CgroupShape::Cgroupfs:
      break;
  }
  return cgroup() + "/" + container_id;
}

std::string Pod::pod_logs() const {
  return log_directory() + "/pods/" + namespace_ + "_" + name_ + "_" + uid_;
}

void Pod::log_container(const std::string& container, const std::string& id, int start) const {
  const std::string log = pod_logs() + "/" + container + "/" + std::to_string(start) + ".log";
  write_file(log, "");
  fs::create_symlink(log, log_directory() + "/containers/" + name_ + "_" + namespace_ + "_" +
                              container + "-" + id + ".log");
}

}  // namespace reloadtrace::testing
