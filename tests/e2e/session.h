// SPDX-License-Identifier: Apache-2.0
// A test that runs the tracer once, and what holds for every run of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/requirements.h"
#include "tests/support/tracer.h"

namespace reloadtrace::testing {

// Every session is recorded. When the test ends, each line is checked against the schema, nothing
// may have been lost, and the replay of the recording must say the same.
class Session : public TracerTest {
 protected:
  void trace_with(std::vector<std::string> arguments);

  // The nth verdict on this container, counted from 1; fails the test when it does not come.
  Line verdict(const Container& container, std::size_t nth = 1);

  // What the verdict says of a file: the generation it was read from, "" when it is not among them.
  static std::string generation_of(const Line& reload, const std::string& file);

  void TearDown() override;

  std::unique_ptr<Tracer> tracer_;
  // Options of trace and replay alike: a recording holds all readers, whoever was asked about.
  std::vector<std::string> view_;
  bool may_lose_ = false;  // for tests that provoke losses
};

}  // namespace reloadtrace::testing
