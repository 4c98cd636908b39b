// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace reloadtrace {
namespace {

constexpr const char* name_of(HookTrial trial) {
  switch (trial) {
    case HookTrial::NotTried:
      return "not_tried";
    case HookTrial::Delivers:
      return "delivers";
    case HookTrial::Silent:
      return "silent";
  }
  return "";
}

// "adopt, exec" of those that are there and were not tried.
std::string not_tried(const CheckReport& report) {
  std::vector<std::string> names;
  for (const HookCheck& hook : report.hooks) {
    if (hook.available() && hook.trial == HookTrial::NotTried) {
      names.push_back(hook.name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void add_hooks(nlohmann::ordered_json& out, const CheckReport& report) {
  out["can_trace"] = report.obstacle.empty();
  out["obstacle"] =
      report.obstacle.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(report.obstacle);
  out["hooks"] = nlohmann::ordered_json::object();
  out["self_test"] = nlohmann::ordered_json::object();
  for (const HookCheck& hook : report.hooks) {
    out["hooks"][hook.name] = hook.state;
    out["self_test"][hook.name] = name_of(hook.trial);
  }
}

std::string table_of_hooks(const CheckReport& report) {
  if (!report.obstacle.empty()) {
    return fmt::format("cannot trace here: {}\n", report.obstacle);
  }
  const auto available = std::count_if(report.hooks.begin(), report.hooks.end(),
                                       [](const HookCheck& hook) { return hook.available(); });
  std::string out =
      fmt::format("can trace here: {} of {} hooks\n\n", available, report.hooks.size());
  for (const HookCheck& hook : report.hooks) {
    out +=
        fmt::format("  {:<15} {:<10}  {}{}\n", hook.name, hook.state, hook.purpose,
                    hook.trial == HookTrial::Silent ? " (it attaches, and delivers nothing)" : "");
  }
  if (std::ranges::none_of(report.hooks,
                           [](const auto& hook) { return hook.trial == HookTrial::Delivers; })) {
    return out + "\nwhether they deliver was not tried: there is no tmpfs to do it in\n";
  }
  if (const std::string names = not_tried(report); !names.empty()) {
    out += fmt::format("\nthe others were seen to deliver; not tried: {}\n", names);
  }
  return out;
}

nlohmann::ordered_json json_of(const PrivilegeCheck& left) {
  nlohmann::ordered_json out;
  out["kept"] = nlohmann::ordered_json::array();
  for (const auto& one : left.kept) {
    out["kept"].push_back({{"capability", one.name}, {"why", one.why}});
  }
  out["no_new_privs"] = left.no_new_privileges;
  out["seccomp"] = left.filters_system_calls;
  out["core_dumps"] = left.dumps_core;
  out["failed"] = left.failed;
  return out;
}

std::string to_table(const PrivilegeCheck& left) {
  std::string out = left.kept.empty() ? "once attached a trace keeps no capability"
                                      : "once attached a trace keeps of all capabilities:";
  out += '\n';
  for (const auto& one : left.kept) {
    out += fmt::format("  {:<20} {}\n", one.name, one.why);
  }
  std::vector<std::string> rest;
  if (left.no_new_privileges) {
    rest.emplace_back("cannot get others back (no_new_privs)");
  }
  if (left.filters_system_calls) {
    rest.emplace_back("has no system calls that it does not need (seccomp)");
  }
  if (!left.dumps_core) {
    rest.emplace_back("leaves no core dump");
  }
  if (!rest.empty()) {
    out += fmt::format("it {}\n", fmt::join(rest, ", "));
  }
  for (const std::string& what : left.failed) {
    out += fmt::format("could not: {}\n", what);
  }
  return out;
}

}  // namespace

std::string to_json(const CheckReport& report) {
  nlohmann::ordered_json out;
  out["version"] = report.version;
  out["kernel"] = report.kernel;
  if (report.attached) {
    add_hooks(out, report);
  }
  if (report.privileges) {
    out["privileges"] = json_of(*report.privileges);
  }
  if (report.cost) {
    out["cost"] = json_of(*report.cost);
  }
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_table(const CheckReport& report) {
  std::string out = fmt::format("reloadtrace {}  kernel {}\n", report.version, report.kernel);
  if (report.attached) {
    out += table_of_hooks(report);
  }
  if (report.privileges) {
    out += "\n" + to_table(*report.privileges);
  }
  if (report.cost) {
    out += "\n" + to_table(*report.cost);
  }
  return out;
}

std::string hook_purpose(const std::string& name) {
  static const std::unordered_map<std::string, std::string> purposes{
      {"open", "opens of a volume's files: required"},
      {"read", "reads of a volume's files, and of inotify queues: required"},
      {"mmap", "mappings; without it every stale verdict is unknown"},
      {"publish", "renames that make a generation visible: required"},
      {"symlink", "names a generation exactly when two swaps follow within a millisecond"},
      {"write_close", "in-place writes as publishes"},
      {"inotify", "watches; without it a stale verdict has no cause"},
      {"fork", "children as readers and observers"},
      {"exec", "new containers, restarts, observers: required"},
      {"exit", "readers that ended: required"},
      {"adopt", "queues of inotify and fanotify that existed before the tracer"},
      {"http", "reload requests over plain HTTP/1, and their answers"},
      {"fanotify", "marks of fanotify and what is taken from its queues"},
      {"mount", "volumes that are mounted or unmounted, at once"},
      {"cgroup", "new and ended containers, at once"},
      {"io_uring", "opens and reads by io_uring, which no system call shows"},
      {"io_uring_failed", "opens by io_uring that failed"},
      {"poll", "looks at paths (stat, readlink, access): pollers and their period"},
      {"signal", "SIGHUP, SIGUSR1 and SIGUSR2: who sent them, and whether they are handled"},
  };
  const auto purpose = purposes.find(name);
  return purpose == purposes.end() ? "" : purpose->second;
}

}  // namespace reloadtrace
