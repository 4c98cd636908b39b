// SPDX-License-Identifier: Apache-2.0
// What the user asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userspace/sink/make_sink.h"

namespace reloadtrace {

// What to show, and where; shared by trace, replay and doctor.
struct ViewOptions {
  std::vector<std::string> containers;
  std::vector<std::uint32_t> pids;
  std::vector<std::string> pods;  // "[NAMESPACE/]NAME", as patterns
  std::vector<std::string> namespaces;
  std::optional<double> deadline_seconds;
  Format format = Format::Auto;
  std::string output;  // empty = standard output
  bool events = false;
  std::optional<std::uint64_t> count;
};

// What of the node is looked at, and where it is found; shared by trace and doctor.
struct NodePlaces {
  std::vector<std::string> paths;
  std::vector<std::string> kubelet_dirs;  // empty: the default one, unless a path was named
  std::string logs = "/var/log";
  std::string proc = "/proc";
  bool service_accounts = false;
};

struct TraceOptions {
  ViewOptions view;
  NodePlaces places;
  std::vector<std::string> version_keys;  // "FILE[:REGEX]", each one valid
  std::string diff = "off";               // "off", "keys", "values"
  std::vector<std::string> ignored_keys;  // patterns, each one valid
  std::string node;                       // empty = the host name
  std::string record;
  bool live = false;  // a screen, in place of lines on standard output
  std::optional<double> duration_seconds;
  std::string hooks = "auto";  // "auto", "tracepoint", "fentry"
  std::string btf;             // a file; empty = the kernel's own
  std::vector<std::string> without_hooks;
  std::vector<std::string> muted_hooks;
  std::uint32_t ring_bytes = 0;  // of each ring; 0 = as BpfOptions has it
  std::string metrics;           // address to listen at; empty = none
  bool metrics_per_pod = false;
  bool bpf_stats = false;
  std::optional<double> max_overhead;      // percent of one CPU
  std::vector<std::string> http_triggers;  // "[METHOD ]PATH[*]", beside the built-in ones
};

struct ReplayOptions {
  ViewOptions view;
  std::string file;
};

struct DoctorOptions {
  ViewOptions view;  // as far as there is something to choose: nothing comes later
  NodePlaces places;
};

enum class ReportFormat { Html, TraceEvents };

struct ReportOptions {
  std::string file;    // a recording, or JSON lines; "-" is standard input, of lines
  std::string output;  // "-" is standard output
  ReportFormat format = ReportFormat::Html;
};

struct CompareOptions {
  std::vector<std::string> files;  // of JSON lines; "-" is standard input
  bool json = false;
};

struct CheckOptions {
  bool json = false;
  std::optional<double> cost_seconds;  // measure for that long what the programs cost
  std::optional<std::uint32_t> pid;    // of this running tracer, instead of one's own
  NodePlaces places;                   // what is tracked meanwhile
  std::string hooks = "auto";          // as in TraceOptions
  std::string btf;                     // likewise
  std::vector<std::string> muted_hooks;
};

struct SchemaOptions {};

struct ExplainOptions {
  std::string name;  // of a cause or verdict; empty = a list of them
  bool all = false;
  bool markdown = false;
};

using Command = std::variant<TraceOptions,
                             DoctorOptions,
                             ReplayOptions,
                             ReportOptions,
                             CompareOptions,
                             CheckOptions,
                             SchemaOptions,
                             ExplainOptions>;

// The command, or the exit code when there is nothing left to do (--help was printed, or the
// error).
std::variant<Command, int> parse_command_line(int argc, char** argv);

}  // namespace reloadtrace
