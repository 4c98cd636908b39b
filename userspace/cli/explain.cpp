// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/message.h"
#include "userspace/engine/causes.h"
#include "userspace/sink/explanation.h"
#include "userspace/sink/output.h"
#include "userspace/sink/terminal.h"

namespace reloadtrace {
namespace {

// Prose; wider lines are hard to read.
constexpr int kMaxColumns = 80;

TableOptions options_for(int fd) {
  const TerminalInfo terminal = look_at_terminal(fd);
  return {terminal.colour, std::min(terminal.columns, kMaxColumns), terminal.charset};
}

int print(std::string_view text) {
  auto output = Output::standard_output();
  if (!output) {
    say_to_user(output.error().message);
    return kFailed;
  }
  if (const auto written = output->write(text); !written && !output->closed()) {
    say_to_user(written.error().message);
    return kFailed;
  }
  return kDone;
}

std::string everything(const TableOptions& options) {
  std::string out;
  for (const VerdictEntry& entry : verdict_catalogue()) {
    out += explain(entry.verdict, options) + "\n\n";
  }
  for (const CauseEntry& entry : cause_catalogue()) {
    out += explain(entry.cause, options) + "\n\n";
  }
  out.resize(out.size() - 2);
  return out;
}

// As people type it: "Watch-Lost".
std::string normal(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::tolower(c));
  });
  return name;
}

int refuse(const std::string& asked) {
  const std::string_view nearest = nearest_name(normal(asked));
  say_to_user(fmt::format("there is no cause or verdict \"{}\"{}",
                          printable(asked, look_at_terminal(STDERR_FILENO).charset),
                          nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
  fmt::print(stderr, "\n{}", list_explained(options_for(STDERR_FILENO)));
  return kUsage;
}

}  // namespace

int run(const ExplainOptions& options) {
  if (options.markdown) {
    return print(explain_in_markdown());
  }
  const TableOptions layout = options_for(STDOUT_FILENO);
  if (options.all) {
    return print(everything(layout));
  }
  if (options.name.empty()) {
    return print(list_explained(layout));
  }
  const std::string name = normal(options.name);
  if (const auto cause = cause_named(name)) {
    return print(explain(*cause, layout));
  }
  if (const auto verdict = verdict_named(name)) {
    return print(explain(*verdict, layout));
  }
  return refuse(options.name);
}

}  // namespace reloadtrace
