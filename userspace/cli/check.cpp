// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>

#include "userspace/cli/check_cost.h"
#include "userspace/cli/commands.h"
#include "userspace/cli/descriptors.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/hook_choice.h"
#include "userspace/cli/message.h"
#include "userspace/cli/signals.h"
#include "userspace/confine/confine.h"
#include "userspace/engine/report_builder.h"
#include "userspace/sink/check_report.h"
#include "userspace/sink/output.h"
#include "userspace/source/bpf_source.h"

namespace reloadtrace {
namespace {

HookTrial trial_of(HookProof proof) {
  switch (proof) {
    case HookProof::Delivers:
      return HookTrial::Delivers;
    case HookProof::Silent:
      return HookTrial::Silent;
    case HookProof::NotTried:
      break;
  }
  return HookTrial::NotTried;
}

std::vector<HookCheck> check_hooks(const BpfSource& source) {
  std::vector<HookCheck> checks;
  const std::vector<HookStatus> hooks = source.hooks();
  for (std::size_t i = 0; i < hooks.size(); ++i) {  // in the order of the table
    checks.push_back({hooks[i].name, std::string(name_of(hooks[i].state)),
                      trial_of(source.proof_of(kHooks[i].id)), hook_purpose(hooks[i].name)});
  }
  return checks;
}

int put_out(const CheckReport& report, bool json, int code) {
  auto output = Output::standard_output();
  if (!output) {
    say_to_user(output.error().message);
    return kFailed;
  }
  // A reader that has gone is no failure of ours.
  static_cast<void>(output->write(json ? to_json(report) : to_table(report)).has_value());
  return code;
}

// As a trace does once it is attached, and what that leaves.
PrivilegeCheck give_up_privileges(const CheckOptions& options) {
  const Confinement left = confine({options.cost_seconds.has_value(), {}});
  PrivilegeCheck check{
      {}, left.no_new_privileges, left.filters_system_calls, left.dumps_core, left.failed};
  for (const KeptCapability& kept : left.kept) {
    check.kept.push_back({kept.name, kept.why});
  }
  return check;
}

CheckReport report_of_this_machine() {
  utsname name{};
  ::uname(&name);
  CheckReport report;
  report.version = RELOADTRACE_VERSION;
  report.kernel = name.release;
  return report;
}

int check_running(const CheckOptions& options) {
  auto cost = measure_cost_of_process(*options.pid, *options.cost_seconds);
  if (!cost) {
    say_to_user(cost.error().message);
    return kUnsupported;
  }
  CheckReport report = report_of_this_machine();
  report.attached = false;
  report.cost = *std::move(cost);
  return put_out(report, options.json, kDone);
}

}  // namespace

int run(const CheckOptions& options) {
  take_signals(false);
  if (options.pid) {
    return check_running(options);
  }
  CheckReport report = report_of_this_machine();
  if (auto room = make_room_for_descriptors(); !room) {
    report.obstacle = room.error().message;
    return put_out(report, options.json, kUnsupported);
  }
  BpfOptions bpf;
  bpf.proc = options.places.proc;
  bpf.hooks = hook_choice(options.hooks);
  bpf.btf = options.btf;
  bpf.muted_hooks = options.muted_hooks;
  const auto source = BpfSource::open(bpf);
  if (!source) {
    report.obstacle = source.error().message;
    return put_out(report, options.json, kUnsupported);
  }
  report.hooks = check_hooks(**source);
  report.privileges = give_up_privileges(options);
  if (options.cost_seconds) {
    auto cost = measure_cost(**source, options);
    if (!cost) {
      say_to_user(cost.error().message);
      return kUnsupported;
    }
    report.cost = *std::move(cost);
  }
  return put_out(report, options.json, kDone);
}

}  // namespace reloadtrace
