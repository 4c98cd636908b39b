// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/line_input.h"
#include "userspace/cli/message.h"
#include "userspace/cli/replay.h"
#include "userspace/cli/whole_file.h"
#include "userspace/report/history.h"
#include "userspace/report/page.h"
#include "userspace/report/trace_events.h"

namespace reloadtrace {
namespace {

void read_into(History& history, LineReader& reader) {
  while (const Line* line = reader.next()) {
    history.observe(*line);
  }
}

constexpr std::initializer_list<LineKind> kWanted = {LineKind::Publish, LineKind::Reload,
                                                     LineKind::Loss};

// By way of its lines, in memory: whatever is told, is told in one way. Gives the exit code.
int read_recording(const std::string& file, History& history, Flaws& flaws) {
  auto source = ReplaySource::open(file);
  if (!source) {
    say_to_user(source.error().message);
    return kBadInput;
  }
  UniqueFd lines(::memfd_create("lines", MFD_CLOEXEC));
  UniqueFd written(lines ? ::fcntl(lines.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!written) {
    say_to_user(system_error(errno, "keep the lines of " + file).message);
    return kFailed;
  }
  const int code =
      replay(**source, ViewOptions{},
             *Outputs::to(Output::of(std::move(written)), Format::Json, Outputs::Pace::Steady));
  ::lseek(lines.get(), 0, SEEK_SET);
  LineReader reader(std::move(lines), file, kWanted, flaws);
  read_into(history, reader);
  return code;
}

int read_input(const std::string& file, History& history, Flaws& flaws) {
  auto reader = LineReader::open(file, kWanted, flaws);
  if (!reader) {
    say_to_user(reader.error().message);
    return kBadInput;
  }
  if (!reader->is_compressed()) {
    read_into(history, *reader);
    return kDone;
  }
  if (file == "-") {
    say_to_user("a recording cannot come from standard input: name its file");
    return kBadInput;
  }
  return read_recording(file, history, flaws);
}

}  // namespace

int run(const ReportOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a write says so itself
  History history;
  Flaws flaws;
  int code = read_input(options.file, history, flaws);
  if (say_flaws(flaws)) {
    code = std::max(code, kBadInput);
  }
  if (code != kDone && history.empty()) {
    say_to_user("nothing to report; " + options.output + " is left as it was");
    return code;
  }
  history.arrange();
  // A page is passed on: where the file lay is nobody's business.
  const std::string source = options.file == "-"
                                 ? "standard input"
                                 : std::filesystem::path(options.file).filename().string();
  const auto written =
      write_whole_file(options.output, options.format == ReportFormat::Html
                                           ? html_page(history, source, RELOADTRACE_VERSION)
                                           : trace_events(history, source, RELOADTRACE_VERSION));
  if (!written) {
    say_to_user(written.error().message);
    return kFailed;
  }
  return code;
}

}  // namespace reloadtrace
