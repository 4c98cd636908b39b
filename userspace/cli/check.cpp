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

int run(const CheckOptions& options) {
  take_signals(false);
  utsname name{};
  ::uname(&name);
  CheckReport report;
  report.version = RELOADTRACE_VERSION;
  report.kernel = name.release;
  const auto source = BpfSource::open({});
  if (source) {
    for (const HookStatus& hook : (*source)->hooks()) {
      report.hooks.push_back(
          {hook.name, hook.state != HookState::Missing, hook_purpose(hook.name)});
    }
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
