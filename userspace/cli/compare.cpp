// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/line_input.h"
#include "userspace/cli/message.h"
#include "userspace/compare/comparison_json.h"
#include "userspace/compare/comparison_table.h"
#include "userspace/compare/fleet.h"

namespace reloadtrace {

int run(const CompareOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a write says so itself
  Fleet fleet;
  Flaws flaws;
  for (const std::string& file : options.files) {
    read_lines(file, {LineKind::Publish, LineKind::Reload}, flaws,
               [&](const Line& line) { fleet.observe(line); });
  }
  const bool flawed = say_flaws(flaws);
  if (fleet.empty()) {
    say_to_user("nothing to compare: there is no verdict in these lines");
    return kBadInput;
  }
  const Comparison comparison = fleet.conclude();
  auto output = Output::standard_output();
  if (!output) {
    say_to_user(output.error().message);
    return kFailed;
  }
  const TerminalInfo terminal = look_at_terminal(output->fd());
  const auto written =
      output->write(options.json ? to_json(comparison)
                                 : to_table(comparison, RELOADTRACE_VERSION,
                                            {terminal.colour, terminal.columns, terminal.charset}));
  if (!written && !output->closed()) {
    say_to_user(written.error().message);
    return kFailed;
  }
  return flawed ? kBadInput : comparison.differs() ? kDiffers : kDone;
}

}  // namespace reloadtrace
