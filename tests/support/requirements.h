// SPDX-License-Identifier: Apache-2.0
// What a machine must offer before a test can run on it, and what happens when it does not.
//
// A test that cannot run is shown as skipped, never as passed; with RELOADTRACE_REQUIRE_BPF=1 (set
// where everything is known to work) it fails instead.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace reloadtrace::testing {

// The reason in words; nothing when they can.
std::optional<std::string> why_containers_cannot_run();  // root, runc, busybox
std::optional<std::string> why_bpf_cannot_run();         // the bpf() system call
std::optional<std::string> why_tracer_cannot_run();      // BPF and the program itself

// $RELOADTRACE_TEST_HOOKS, the tier that kernel tests are to run in; "auto" without it.
std::string hooks_to_test();

// $RELOADTRACE_TEST_BTF, a file with the types of this kernel, when the tests are to do as if it
// had none of its own; empty without it.
std::string btf_to_test();

// Where `program` lies in PATH; empty when it does not.
std::string find_program(const std::string& program);

// Whether a missing requirement is a failure.
bool must_run();

class ContainerTest : public ::testing::Test {
 protected:
  void SetUp() override;
};

// Containers and the tracer.
class TracerTest : public ::testing::Test {
 protected:
  void SetUp() override;
};

}  // namespace reloadtrace::testing

// For a test without a fixture: gives up on it when `why`, an optional<string>, holds a reason.
#define RELOADTRACE_REQUIRE(why)                                     \
  do {                                                               \
    if (const std::optional<std::string> reason_ = (why); reason_) { \
      if (::reloadtrace::testing::must_run()) {                      \
        FAIL() << *reason_;                                          \
      }                                                              \
      GTEST_SKIP() << *reason_;                                      \
    }                                                                \
  } while (false)
