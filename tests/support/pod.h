// SPDX-License-Identifier: Apache-2.0
// A pod as a node sees it: an uid, a name, kubelet's directory and the log directory that names it.
#pragma once

#include <string>

#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {

class Pod {
 public:
  explicit Pod(std::string name_space = "test", std::string name = "pod");

  const std::string& name_space() const { return namespace_; }
  const std::string& name() const { return name_; }
  const std::string& uid() const { return uid_; }
  // For --kubelet-dir and --log-dir.
  std::string kubelet_directory() const { return directory_.at("kubelet"); }
  std::string log_directory() const { return directory_.at("log"); }
  // Where containers keep their bundles; gone with the pod.
  std::string directory() const { return directory_.path().string(); }

  // What kubelet leaves in the log directory when it starts a container for the `start`th time.
  void log_container(const std::string& container, const std::string& id, int start) const;

 private:
  TemporaryDirectory directory_;
  std::string namespace_;
  std::string name_;
  std::string uid_;
};

// Lower-case hexadecimal digits.
std::string random_hex(int digits);

}  // namespace reloadtrace::testing
