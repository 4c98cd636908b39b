// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/message.h"
#include "userspace/cli/signals.h"
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
    checks.push_back({hooks[i].name, hooks[i].state != HookState::Missing,
                      trial_of(source.proof_of(kHooks[i].id)), hook_purpose(hooks[i].name)});
  }
  return checks;
}

}  // namespace

int run(const CheckOptions& options) {
  take_signals(false);
  utsname name{};
  ::uname(&name);
  CheckReport report;
  report.version = RELOADTRACE_VERSION;
  report.kernel = name.release;
  BpfOptions bpf;
  bpf.muted_hooks = options.muted_hooks;
  const auto source = BpfSource::open(bpf);
  if (source) {
    report.hooks = check_hooks(**source);
  } else {
    report.obstacle = source.error().message;
  }
  auto output = Output::standard_output();
  if (!output) {
    say_to_user(output.error().message);
    return kFailed;
  }
  // A reader that has gone is no failure of ours.
  static_cast<void>(output->write(options.json ? to_json(report) : to_table(report)).has_value());
  return source ? kDone : kUnsupported;
}

}  // namespace reloadtrace
