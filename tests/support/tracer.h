// SPDX-License-Identifier: Apache-2.0
// The tracer itself, run as a user runs it, and the JSON lines it puts out.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {

using Line = nlohmann::json;
using Lines = std::vector<Line>;
using Predicate = std::function<bool(const Line&)>;

// $RELOADTRACE_BINARY, or the one that was built with the tests; empty when there is neither.
std::string tracer_binary();

// One JSON value a line; throws with the line that is none.
Lines parse_lines(const std::string& text);
Lines of_kind(const Lines& lines, const std::string& kind);

struct TracerOptions {
  std::vector<std::string> arguments = {};  // of `reloadtrace trace`, beside --format json
  bool record = false;                      // also writes a recording, for replay()
  milliseconds start_timeout = std::chrono::seconds(20);
};

// What a run of the tracer left behind.
struct Trace {
  Lines lines;
  int exit_code = 0;
  std::string errors;  // standard error
};

class Tracer {
 public:
  // Returns when the tracer has said "reloadtrace: ready:"; throws with what it said instead.
  explicit Tracer(const TracerOptions& options);

  // The first line, also among those that came long ago, for which `wanted` holds.
  std::optional<Line> wait_for(const Predicate& wanted,
                               milliseconds timeout = std::chrono::seconds(10));
  // The first `count` such lines; fewer when `timeout` has passed.
  Lines wait_for(const Predicate& wanted,
                 std::size_t count,
                 milliseconds timeout = std::chrono::seconds(10));
  // The reload line of a container's (or, by its comm, a process's) nth publish, counted from 1.
  std::optional<Line> wait_for_reload(const std::string& reader,
                                      std::size_t nth = 1,
                                      milliseconds timeout = std::chrono::seconds(10));
  // All lines that came so far.
  const Lines& lines();

  // Ends it with SIGINT. Idempotent.
  const Trace& stop();
  // What `reloadtrace replay` makes of the recording; stops the tracer first.
  Trace replay(const std::vector<std::string>& arguments = {});

  std::string recording() const { return directory_.at("recording.gz"); }
  Process& process() { return *process_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Process> process_;
  Lines lines_;
  std::optional<Trace> trace_;
};

// Runs the tracer to its end: {"check", "--format", "json"}.
Completed run_tracer(const std::vector<std::string>& arguments,
                     milliseconds timeout = std::chrono::seconds(20));

// Replay must equal live: the first difference among the publish, reload and loss lines, or
// nothing.
std::string difference(const Lines& live, const Lines& replayed);

}  // namespace reloadtrace::testing
