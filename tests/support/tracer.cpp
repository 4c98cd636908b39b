// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tracer.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/support/built.h"
#include "tests/support/patience.h"
#include "tests/support/requirements.h"

namespace reloadtrace::testing {
namespace {

Line parse(const std::string& text) {
  Line line = Line::parse(text, nullptr, /*allow_exceptions=*/false);
  if (line.is_discarded()) {
    throw std::runtime_error("not a JSON line: " + text);
  }
  return line;
}

bool is_about(const Line& line, const std::string& reader) {
  const Line& who = line.at("reader");
  return who.value("kind", "") == "container" ? who.value("container", Line()) == reader
                                              : who.value("comm", "") == reader;
}

Lines comparable(const Lines& lines) {
  Lines kept;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(kept), [](const Line& line) {
    const std::string kind = line.value("kind", "");
    // What whoever read the output was too slow for is no matter of the recording.
    const bool lost = kind == "loss" && !line.at("lost").contains("output_queue");
    return kind == "publish" || kind == "reload" || lost;
  });
  return kept;
}

}  // namespace

std::string tracer_binary() {
  if (const char* named = std::getenv("RELOADTRACE_BINARY")) {
    return named;
  }
  return built_tracer();
}

Lines parse_lines(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(parse(line));
  }
  return lines;
}

Lines of_kind(const Lines& lines, const std::string& kind) {
  Lines kept;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(kept),
               [&kind](const Line& line) { return line.value("kind", "") == kind; });
  return kept;
}

Tracer::Tracer(const TracerOptions& options) {
  Command command{{tracer_binary(), "trace", "--format", "json"}};
  const std::string tier = hooks_to_test();
  if (tier != "auto" &&
      std::ranges::find(options.arguments, "--hooks") == options.arguments.end()) {
    command.argv.insert(command.argv.end(), {"--hooks", tier});
  }
  if (!btf_to_test().empty()) {
    command.argv.insert(command.argv.end(), {"--btf", btf_to_test()});
  }
  if (options.record) {
    command.argv.insert(command.argv.end(), {"--record", recording()});
  }
  command.argv.insert(command.argv.end(), options.arguments.begin(), options.arguments.end());
  process_ = std::make_unique<Process>(command);
  if (!process_->errors().wait_for("reloadtrace: ready:", options.start_timeout)) {
    throw std::runtime_error("the tracer never got ready; it said: " + process_->errors().text());
  }
}

const Lines& Tracer::lines() {
  while (auto text = process_->read_line(milliseconds(0))) {
    lines_.push_back(parse(*text));
  }
  return lines_;
}

Lines Tracer::wait_for(const Predicate& wanted, std::size_t count, milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + patient(timeout);
  Lines found;
  for (std::size_t at = 0; found.size() < count; ++at) {
    if (at == lines_.size()) {
      const auto text = process_->output().next_by(deadline);
      if (!text) {
        break;
      }
      lines_.push_back(parse(*text));
    }
    if (wanted(lines_[at])) {
      found.push_back(lines_[at]);
    }
  }
  return found;
}

std::optional<Line> Tracer::wait_for(const Predicate& wanted, milliseconds timeout) {
  Lines found = wait_for(wanted, 1, timeout);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<Line> Tracer::wait_for_reload(const std::string& reader,
                                            std::size_t nth,
                                            milliseconds timeout) {
  Lines found = wait_for(
      [&reader](const Line& line) {
        return line.value("kind", "") == "reload" && is_about(line, reader);
      },
      nth, timeout);
  return found.size() < nth ? std::nullopt : std::optional(std::move(found.back()));
}

const Trace& Tracer::stop() {
  if (!trace_) {
    process_->signal(SIGINT);
    const auto exit_code = process_->wait(std::chrono::seconds(10));
    if (!exit_code) {
      throw std::runtime_error("the tracer does not end on SIGINT; it said: " +
                               process_->errors().text());
    }
    process_->output().wait_for_end(std::chrono::seconds(5));
    process_->errors().wait_for_end(std::chrono::seconds(5));
    trace_ = Trace{lines(), *exit_code, process_->errors().text()};
  }
  return *trace_;
}

Trace Tracer::replay(const std::vector<std::string>& arguments) {
  stop();
  std::vector<std::string> all = {"replay", recording(), "--format", "json"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Completed completed = run_tracer(all);
  return {parse_lines(completed.output), completed.exit_code, completed.errors};
}

Completed run_tracer(const std::vector<std::string>& arguments, milliseconds timeout) {
  Command command{{tracer_binary()}};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return run(command, timeout);
}

std::string difference(const Lines& live, const Lines& replayed) {
  const Lines left = comparable(live);
  const Lines right = comparable(replayed);
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (left[i] != right[i]) {
      return "line " + std::to_string(i + 1) + "\n  live:   " + left[i].dump() +
             "\n  replay: " + right[i].dump() +
             "\n  to get there: " + Line::diff(left[i], right[i]).dump();
    }
  }
  if (left.size() == right.size()) {
    return "";
  }
  const bool more_live = left.size() > right.size();
  const Lines& longer = more_live ? left : right;
  return std::string("only ") + (more_live ? "live" : "in the replay") + ": " +
         longer[std::min(left.size(), right.size())].dump();
}

}  // namespace reloadtrace::testing
