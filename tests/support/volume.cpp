// SPDX-License-Identifier: Apache-2.0
#include "tests/support/volume.h"

#include <sstream>
#include <stdexcept>

#include "tests/support/built.h"

namespace reloadtrace::testing {

Volume::Volume(const Pod& pod, std::string name, const std::string& kind, bool on_tmpfs)
    : name_(std::move(name)),
      path_(pod.pod_directory() + "/volumes/kubernetes.io~" + kind + "/" + name_) {
  if (kind == "csi") {
    write_file(path_ + "/vol_data.json", R"({"driverName":"secrets-store.csi.k8s.io"})");
    path_ += "/mount";
  }
  std::filesystem::create_directories(path_);
  if (on_tmpfs) {
    tmpfs_ = std::make_shared<MountPoint>(MountPoint::tmpfs(path_));
  }
}

Command Volume::publisher(const Keys& keys, const PublishOptions& options) const {
  const auto number = [](milliseconds time) { return std::to_string(time.count()); };
  Command command{{built_publisher(), path_, "--style", options.style, "--delay",
                   number(options.delay), "--delay-remove", number(options.delay_remove),
                   "--repeat", std::to_string(options.repeat), "--interval",
                   number(options.interval)}};
  for (const auto& [key, value] : keys) {
    command.argv.push_back("--set=" + key);
    command.argv.back().append("=").append(value);
  }
  for (const std::string& key : options.remove) {
    command.argv.push_back("--remove=" + key);
  }
  command.argv.insert(command.argv.end(), options.arguments.begin(), options.arguments.end());
  return command;
}

std::string Volume::publish(const Keys& keys, const PublishOptions& options) const {
  const milliseconds needed =
      options.repeat * (options.interval + options.delay + options.delay_remove);
  std::istringstream lines(
      run_or_throw(publisher(keys, options), needed + std::chrono::seconds(10)));
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    name = line.substr(line.find(' ') + 1);
  }
  return name;
}

std::string Volume::generation() const {
  return std::filesystem::read_symlink(path_ + "/..data").string();
}

Mount Volume::subpath_mounted_at(const std::string& key, const std::string& destination) const {
  return {path_ + "/" + generation() + "/" + key, destination, true};
}

Subpath::Subpath(
    const Pod& pod, const Volume& volume, std::string key, const std::string& container, int index)
    : volume_(volume),
      key_(std::move(key)),
      target_(pod.pod_directory() + "/volume-subpaths/" + volume.name() + "/" + container + "/" +
              std::to_string(index)) {
  renew();
}

void Subpath::renew() {
  mount_.reset();
  mount_.emplace(
      MountPoint::file(volume_.path() + "/" + volume_.generation() + "/" + key_, target_));
}

}  // namespace reloadtrace::testing
