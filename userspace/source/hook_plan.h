// SPDX-License-Identifier: Apache-2.0
// Which hooks are wanted, and what to leave out when the kernel refuses one.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/source/hook_table.h"
#include "userspace/wire/fact.h"

namespace reloadtrace {

// Shrinks with each refusal, one hook at a time.
class HookPlan {
 public:
  // All but those that are named.
  explicit HookPlan(const std::vector<std::string>& without);

  bool has(HookId id) const { return wanted_[static_cast<std::size_t>(id)]; }
  // Whether this BPF program is to be loaded.
  bool has_program(std::string_view program) const;
  // The first that is required and not wanted any more; null when all are there.
  const Hook* missing_required() const;

  // Answers the refusal of a program by leaving something out. False: nothing is left to leave out.
  bool give_way(std::string_view program);

  std::vector<HookStatus> states() const;

 private:
  void drop(HookId id) { wanted_[static_cast<std::size_t>(id)] = false; }
  std::string_view dispatcher() const { return probing_ ? kProbingDispatcher : kDispatcher; }

  std::array<bool, kHooks.size()> wanted_{};
  bool probing_ = false;
};

}  // namespace reloadtrace
