// SPDX-License-Identifier: Apache-2.0
// The stage of most end-to-end tests: a pod with a config volume, containers on it, the tracer.
#pragma once

#include <gtest/gtest.h>

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/pod.h"
#include "tests/support/requirements.h"
#include "tests/support/schema_validator.h"
#include "tests/support/tracer.h"
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

// Every session is recorded. When the test ends, each line is checked against the schema, nothing
// may have been lost, and the replay of the recording must say the same.
class Story : public TracerTest {
 protected:
  static constexpr const char* kMount = "/etc/config";

  // A container with the volume at kMount; waits until the actor is set up.
  Container& start(const std::string& behaviour,
                   const std::vector<std::string>& more = {"app.yaml"});
  Container& start(ContainerOptions options);

  // Begins to trace the volume, with a short deadline; containers started before are readers.
  void trace(const std::vector<std::string>& more = {}, const std::string& deadline = "2");

  // The nth verdict on this container, counted from 1; fails the test when it does not come.
  Line verdict(const Container& container, std::size_t nth = 1);
  Line verdict(std::size_t nth = 1) { return verdict(*containers_.front(), nth); }

  // What the verdict says of a file: the generation it was read from, "" when it is not among them.
  static std::string generation_of(const Line& reload, const std::string& file);

  void TearDown() override;

  Pod pod_;
  Volume volume_{pod_};
  std::vector<std::unique_ptr<Container>> containers_;
  std::unique_ptr<Tracer> tracer_;
  // Options of trace and replay alike: a recording holds all readers, whoever was asked about.
  std::vector<std::string> view_;
  bool may_lose_ = false;  // for tests that provoke losses
};

}  // namespace reloadtrace::testing
