// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/daemonset.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "tests/support/places.h"

namespace reloadtrace::testing {
namespace {

constexpr std::chrono::seconds kReadyTimeout{30};
constexpr std::chrono::seconds kVerdictTimeout{20};

std::optional<std::string> why_there_is_no_image() {
  if (!std::filesystem::exists(in_project("build/dist/image/index.json"))) {
    return "needs the container image: run scripts/release";
  }
  return std::nullopt;
}

}  // namespace

void DaemonSetTest::SetUp() {
  TracerTest::SetUp();
  RELOADTRACE_REQUIRE(why_there_is_no_image());
  volume_.publish({{"app.yaml", "level: info"}});
  if (::chown(volume_.path().c_str(), kUser, kUser) != 0 ||
      ::chmod(volume_.path().c_str(), 0700) != 0) {
    throw std::runtime_error("make the volume private");
  }
}

void DaemonSetTest::TearDown() {
  if (tracer_ != nullptr && tracer_->wait(milliseconds(0)) == std::nullopt) {
    tracer_->signal(SIGTERM);
    EXPECT_EQ(tracer_->wait(std::chrono::seconds(10)), 0) << tracer_->errors().text();
  }
}

nlohmann::json DaemonSetTest::pod_spec(const std::string& file) {
  return read_yaml(in_project("tools/kubernetes/" + file))
      .at(0)
      .at("spec")
      .at("template")
      .at("spec");
}

bool DaemonSetTest::deploy(const std::string& file,
                           const std::function<void(nlohmann::json& pod_spec)>& change) {
  nlohmann::json spec = pod_spec(file);
  if (change) {
    change(spec);
  }
  const Image image(in_project("build/dist/image"));
  image.unpack(root_.path().string());
  const NodeView node{
      {{"/var/lib/kubelet", pod_.kubelet_directory()}, {"/var/log", pod_.log_directory()}},
      "node-1"};
  const std::string inside =
      "/var/lib/kubelet" + volume_.path().substr(pod_.kubelet_directory().size());
  lines_.clear();
  tracer_ = std::make_unique<Container>(
      tracer_pod_, ContainerOptions{.name = "reloadtrace",
                                    .config = runtime_config(spec, image.config(), node,
                                                             {"--path", inside, "--deadline", "2"}),
                                    .root = root_.path().string(),
                                    .ready = ""});
  return tracer_->errors().wait_for("reloadtrace: ready:", kReadyTimeout).has_value();
}

Container& DaemonSetTest::start(const std::string& name, const std::string& behaviour) {
  return *applications_.emplace_back(std::make_unique<Container>(
      pod_, ContainerOptions{.name = name,
                             .command = actor(behaviour, kMount, {"app.yaml"}),
                             .mounts = {volume_.mounted_at(kMount)},
                             .uid = kUser}));
}

std::optional<Line> DaemonSetTest::verdict_if_any(const Container& container) {
  const auto is_it = [&](const Line& line) {
    return line.at("kind") == "reload" &&
           line.at("reader").value("container_id", "") == container.id();
  };
  // Readers answer in no order of ours: it may have come while another's was waited for.
  auto line = std::find_if(lines_.begin(), lines_.end(), is_it);
  while (line == lines_.end()) {
    const auto text = tracer_->output().next(kVerdictTimeout);
    if (!text) {
      return std::nullopt;
    }
    lines_.push_back(parse_lines(*text).at(0));
    line = is_it(lines_.back()) ? std::prev(lines_.end()) : lines_.end();
  }
  Line said = *line;
  lines_.erase(line);
  return said;
}

Line DaemonSetTest::verdict(const Container& container) {
  if (auto said = verdict_if_any(container)) {
    return *said;
  }
  ADD_FAILURE() << "no verdict on " << container.name() << ": " << Line(lines_).dump(1)
                << tracer_->errors().text();
  return Line({{"verdict", "none"}, {"cause", nullptr}, {"confidence", "none"}});
}

std::string DaemonSetTest::get(const std::string& path) const {
  const Completed got =
      run({{"nsenter", "--target", std::to_string(tracer_->pid()), "--net", "--", "/bin/busybox",
            "wget", "-q", "-O", "-", "http://127.0.0.1:9464" + path}});
  EXPECT_EQ(got.exit_code, 0) << got.errors;
  return got.output;
}

}  // namespace reloadtrace::testing
