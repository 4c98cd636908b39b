// SPDX-License-Identifier: Apache-2.0
// The stage of most end-to-end tests: a pod with a config volume, containers on it, the tracer.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/session.h"
#include "tests/support/container.h"
#include "tests/support/pod.h"
#include "tests/support/volume.h"

namespace reloadtrace::testing {

// What a verdict comes down to.
struct Row {
  std::string verdict;
  std::string cause = "";    // "" = null
  std::string trigger = "";  // "" = null

  bool operator==(const Row&) const = default;
};

Row row_of(const Line& reload);
void PrintTo(const Row& row, std::ostream* out);

class Story : public Session {
 protected:
  static constexpr const char* kMount = "/etc/config";

  // A container with the volume at kMount; waits until the actor is set up.
  Container& start(const std::string& behaviour,
                   const std::vector<std::string>& more = {"app.yaml"});
  Container& start(ContainerOptions options);

  // Begins to trace the volume, with a short deadline; containers started before are readers.
  void trace(const std::vector<std::string>& more = {}, const std::string& deadline = "2");

  using Session::verdict;
  Line verdict(std::size_t nth = 1) { return verdict(*containers_.front(), nth); }

  Pod pod_;
  Volume volume_{pod_};
  std::vector<std::unique_ptr<Container>> containers_;
};

}  // namespace reloadtrace::testing
