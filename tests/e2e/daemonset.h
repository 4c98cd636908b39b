// SPDX-License-Identifier: Apache-2.0
// The image that scripts/release makes, run as a manifest of tools/kubernetes says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/story.h"
#include "tests/support/manifest.h"

namespace reloadtrace::testing {

class DaemonSetTest : public TracerTest {
 protected:
  void SetUp() override;
  void TearDown() override;

  // The pod template of the DaemonSet in this file.
  static nlohmann::json pod_spec(const std::string& file);

  // Runs it beside the test's pod, whose directories stand for the node's; `change` may alter the
  // template before. Returns whether it got ready.
  bool deploy(const std::string& file,
              const std::function<void(nlohmann::json& pod_spec)>& change = nullptr);

  // An application of another user, with the volume at kMount, told by inotify or by nothing.
  Container& start(const std::string& name, const std::string& behaviour);

  // The verdict on a container; fails the test when it does not come.
  Line verdict(const Container& container);
  // Nothing when none comes in time.
  std::optional<Line> verdict_if_any(const Container& container);
  // The body of an answer of its endpoint, asked inside its network.
  std::string get(const std::string& path) const;

  static constexpr const char* kMount = "/etc/config";
  static constexpr unsigned kUser = 1000;
  Pod pod_;
  Volume volume_{pod_};  // open to that user alone, as with a fsGroup or a CSI driver
  std::vector<std::unique_ptr<Container>> applications_;
  Pod tracer_pod_{"reloadtrace", "reloadtrace-x7k2p"};
  TemporaryDirectory root_;
  std::unique_ptr<Container> tracer_;
  Lines lines_;  // said by this tracer and not asked for yet
};

}  // namespace reloadtrace::testing
