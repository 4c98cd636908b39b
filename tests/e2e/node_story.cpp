// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/node_story.h"

#include <algorithm>

namespace reloadtrace::testing {

// The sandbox, whose processes the others may share, came first and goes last.
RunningPod::~RunningPod() {
  while (!containers_.empty()) {
    containers_.pop_back();
  }
}

Volume& RunningPod::mount(const std::string& name, const std::string& kind) {
  Volume& volume = volumes_.emplace_back(pod_, name, kind, kind != "configmap");
  volume.publish({{"app.yaml", "level: first"}, {"limits.conf", "files: 10"}});
  return volume;
}

Subpath& RunningPod::mount_subpath(const Volume& volume,
                                   const std::string& key,
                                   const std::string& container) {
  return subpaths_.emplace_back(pod_, volume, key, container, static_cast<int>(subpaths_.size()));
}

Container& RunningPod::start(ContainerOptions options) {
  return *containers_.emplace_back(std::make_unique<Container>(pod_, std::move(options)));
}

Container& RunningPod::start_actor(const std::string& behaviour,
                                   const Volume& volume,
                                   const std::string& name,
                                   const std::vector<std::string>& more) {
  const std::string destination = "/etc/" + volume.name();
  return start({.name = name,
                .command = actor(behaviour, destination, more),
                .mounts = {volume.mounted_at(destination)}});
}

RunningPod& NodeStory::add_pod(const std::string& name_space,
                               const std::string& name,
                               CgroupShape shape) {
  return *pods_.emplace_back(std::make_unique<RunningPod>(node_, name_space, name, shape));
}

void NodeStory::remove_pod(const RunningPod& pod) {
  std::erase_if(pods_, [&pod](const auto& one) { return one.get() == &pod; });
}

void NodeStory::trace(const std::vector<std::string>& more, const std::string& deadline) {
  std::vector<std::string> arguments = node_->tracer_arguments();
  arguments.insert(arguments.end(), {"--deadline", deadline});
  arguments.insert(arguments.end(), more.begin(), more.end());
  trace_with(std::move(arguments));
}

Lines NodeStory::verdicts_on_others(const std::vector<const Container*>& known) {
  Lines others = of_kind(tracer_->lines(), "reload");
  std::erase_if(others, [&known](const Line& line) {
    return std::ranges::any_of(known, [&line](const Container* container) {
      return line.at("reader").value("container_id", "") == container->id();
    });
  });
  return others;
}

Lines NodeStory::verdicts_about(const Volume& volume) {
  Lines lines = of_kind(tracer_->lines(), "reload");
  std::erase_if(lines, [&volume](const Line& line) {
    return line.at("volume").value("host_path", "") != volume.path();
  });
  return lines;
}

std::string reader_in(const Line& reload) {
  const Line& reader = reload.at("reader");
  const auto text = [&reader](const char* field) {
    return reader.contains(field) && reader.at(field).is_string()
               ? reader.at(field).get<std::string>()
               : std::string("-");
  };
  return text("namespace") + "/" + text("pod") + "/" + text("container");
}

}  // namespace reloadtrace::testing
