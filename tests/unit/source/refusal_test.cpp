// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/refusal.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

namespace reloadtrace {
namespace {

constexpr std::uint64_t kBpf = 1ULL << CAP_BPF;
constexpr std::uint64_t kPerfmon = 1ULL << CAP_PERFMON;
constexpr std::uint64_t kAdmin = 1ULL << CAP_SYS_ADMIN;

bool says(const Privileges& privileges, const std::string& part) {
  return why_bpf_is_refused(privileges, "the reason").find(part) != std::string::npos;
}

TEST(Refusal, is_for_lack_of_capabilities_first) {
  EXPECT_TRUE(says({.root = false}, "run with sudo"));
  EXPECT_TRUE(says({.root = true, .seccomp_filter = true}, "which this root lacks"));
  EXPECT_TRUE(says({.root = true, .capabilities = kBpf}, "which this root lacks"));
  EXPECT_TRUE(says({.root = true}, "(the reason)"));
}

TEST(Refusal, is_by_the_lockdown_where_the_kernel_is_confidential) {
  EXPECT_TRUE(says({.root = true,
                    .capabilities = kAdmin,
                    .seccomp_filter = true,
                    .lockdown = "none integrity [confidentiality]"},
                   "locked down"));
  EXPECT_FALSE(
      says({.root = true, .capabilities = kAdmin, .lockdown = "none [integrity]"}, "locked down"));
}

TEST(Refusal, is_by_a_filter_or_a_module_where_the_capabilities_are_there) {
  EXPECT_TRUE(says({.capabilities = kBpf | kPerfmon, .seccomp_filter = true}, "seccomp"));
  EXPECT_TRUE(says({.capabilities = kBpf | kPerfmon}, "security module"));
}

}  // namespace
}  // namespace reloadtrace
