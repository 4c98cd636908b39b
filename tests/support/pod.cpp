// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pod.h"

#include <random>

namespace reloadtrace::testing {

std::string random_hex(int digits) {
  std::random_device random;
  std::string hex;
  for (int i = 0; i < digits; ++i) {
    hex += "0123456789abcdef"[random() % 16];
  }
  return hex;
}

Pod::Pod(std::string name_space, std::string name)
    : namespace_(std::move(name_space)), name_(std::move(name)) {
  uid_ = random_hex(8) + "-" + random_hex(4) + "-4" + random_hex(3) + "-8" + random_hex(3) + "-" +
         random_hex(12);
  std::filesystem::create_directories(kubelet_directory() + "/pods/" + uid_ + "/volumes");
  std::filesystem::create_directories(log_directory() + "/containers");
  std::filesystem::create_directories(log_directory() + "/pods");
}

void Pod::log_container(const std::string& container, const std::string& id, int start) const {
  const std::string log = log_directory() + "/pods/" + namespace_ + "_" + name_ + "_" + uid_ + "/" +
                          container + "/" + std::to_string(start) + ".log";
  write_file(log, "");
  std::filesystem::create_symlink(log, log_directory() + "/containers/" + name_ + "_" + namespace_ +
                                           "_" + container + "-" + id + ".log");
}

}  // namespace reloadtrace::testing
