// SPDX-License-Identifier: Apache-2.0
// What `reloadtrace check` says: which hooks this kernel and these privileges give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "userspace/sink/cost_report.h"

namespace reloadtrace {

// What came of trying it.
enum class HookTrial { NotTried, Delivers, Silent };

struct HookCheck {
  std::string name;
  std::string state;  // "tracepoint", "fentry"; "missing": not attached, or silent
  HookTrial trial = HookTrial::NotTried;
  std::string purpose;  // what is not seen without it

  bool available() const { return state != "missing"; }
};

// What a trace has left once it is attached.
struct PrivilegeCheck {
  struct Capability {
    std::string name;
    std::string why;
  };
  std::vector<Capability> kept = {};
  bool no_new_privileges = false;
  bool filters_system_calls = false;
  bool dumps_core = true;
  std::vector<std::string> failed = {};  // in words
};

struct CheckReport {
  std::string version;
  std::string kernel;
  std::string obstacle = {};  // why nothing can be traced; empty when it can
  std::vector<HookCheck> hooks = {};
  bool attached = true;  // false: a running tracer was looked at, and nothing else
  std::optional<PrivilegeCheck> privileges = {};  // when it attached
  std::optional<CostReport> cost = {};            // when it was asked for
};

// One JSON object and '\n'.
std::string to_json(const CheckReport& report);

// Lines for people.
std::string to_table(const CheckReport& report);

// What a hook of that name sees.
std::string hook_purpose(const std::string& name);

}  // namespace reloadtrace
