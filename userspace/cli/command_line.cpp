// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <bit>

#include "userspace/cli/exit_code.h"
#include "userspace/config/key_patterns.h"
#include "userspace/config/version_key.h"
#include "userspace/sink/metrics_address.h"

namespace reloadtrace {
namespace {

constexpr double kMaxSeconds = 366.0 * 86400;

// Which readers, and how they are shown.
void add_choice_options(CLI::App& app, ViewOptions& view) {
  app.add_option("--container", view.containers, "Only this container (repeat)")
      ->type_name("NAME|ID");
  app.add_option("--pid", view.pids, "Only this process, or the container that it runs in (repeat)")
      ->type_name("PID");
  app.add_option("--pod", view.pods, "Only in this pod (repeat); may be a pattern: 'web-*'")
      ->type_name("[NS/]NAME");
  app.add_option("--namespace", view.namespaces, "Only in this namespace (repeat)")
      ->type_name("NS");
  app.add_option_function<std::string>(
         "--format",
         [&view](const std::string& name) {
           auto format = parse_format(name);
           if (!format) {
             throw CLI::ValidationError("--format", format.error().message);
           }
           view.format = *format;
         },
         "auto (a table on a terminal, JSON lines elsewhere), table, json, otlp (traces, an "
         "OTLP/JSON "
         "request a line)")
      ->type_name("FORMAT");
  app.add_option("--output", view.output, "Append to this file; reopened on SIGHUP")
      ->type_name("FILE");
}

void add_deadline(CLI::App& app, ViewOptions& view, const char* meaning) {
  app.add_option("--deadline", view.deadline_seconds, meaning)
      ->type_name("SEC")
      ->check(CLI::Range(0.001, kMaxSeconds));
}

void add_view_options(CLI::App& app, ViewOptions& view) {
  add_choice_options(app, view);
  add_deadline(app, view, "When a silent reader is called stale; default 120");
  app.add_flag("--events", view.events, "Also one line for each piece of evidence");
  app.add_option("--count", view.count, "Stop after that many verdicts")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

void add_node_options(CLI::App& app, NodePlaces& node) {
  app.add_option("--path", node.paths,
                 "Track this directory as a volume (repeat); then kubelet's are tracked only with "
                 "--kubelet-dir")
      ->type_name("DIR");
  app.add_option("--kubelet-dir", node.kubelet_dirs,
                 "Track the config volumes below this kubelet directory (repeat); default "
                 "/var/lib/kubelet, also of k3s. microk8s: "
                 "/var/snap/microk8s/common/var/lib/kubelet, k0s: /var/lib/k0s/kubelet")
      ->type_name("DIR");
  app.add_option("--log-dir", node.logs,
                 "Where containers/ and pods/ lie, which name containers; default /var/log")
      ->type_name("DIR");
  app.add_option("--proc", node.proc, "Where the node's /proc is mounted")->type_name("DIR");
  app.add_flag("--include-service-account", node.service_accounts,
               "Also the volumes of service account tokens (kube-api-access-…)");
}

void add_hook_choice(CLI::App& app, std::string& hooks) {
  app.add_option("--hooks", hooks,
                 "How system calls are seen: at the exit of all of them (tracepoint), or at the "
                 "functions of those that matter (fentry: others cost nothing); auto takes fentry "
                 "where it attaches, delivers and cannot be preempted")
      ->check(CLI::IsMember({"auto", "tracepoint", "fentry"}));
}

void add_btf(CLI::App& app, std::string& file) {
  app.add_option("--btf", file,
                 "The types (BTF, raw or in an ELF file) of this very kernel, when it was built "
                 "without them; watches set up before the trace are then not known")
      ->type_name("FILE");
}

void add_muted_hooks(CLI::App& app, std::vector<std::string>& hooks) {
  app.add_option("--mute-hook", hooks, "Let this hook attach, and see nothing (repeat)")
      ->type_name("NAME")
      ->group("For tests");
}

void add_cost_options(CLI::App& app, CheckOptions& check) {
  auto* cost =
      app.add_option("--cost", check.cost_seconds,
                     "Also measure for that long what the BPF programs cost, with the volumes of "
                     "this node tracked; needs CAP_SYS_ADMIN")
          ->type_name("SEC")
          ->check(CLI::Range(0.001, kMaxSeconds));
  app.add_option("--pid", check.pid, "What those of this running reloadtrace cost, instead")
      ->type_name("PID")
      ->needs(cost);
  add_node_options(app, check.places);
}

void add_trace_options(CLI::App& app, TraceOptions& trace) {
  add_view_options(app, trace.view);
  add_node_options(app, trace.places);
  app.add_option(
         "--node", trace.node,
         "What the lines call this node; default its host name (in a pod that is the pod's)")
      ->type_name("NAME");
  app.add_option(
         "--version-key", trace.version_keys,
         "Name each generation by what this file of the volume says, as config_version "
         "(repeat; the first found counts). REGEX (RE2): its first group or whole match, in "
         "the first line that matches. Without one: the first of version, git-commit, "
         "git_commit, commit, revision at the top level of a JSON object, or else at the "
         "beginning of a line before : or =. Up to 128 bytes, of a file up to 1 MiB; "
         "never of secret, projected and csi volumes")
      ->type_name("FILE[:REGEX]")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        const auto key = config::VersionKey::parse(text);
        return key ? std::string() : key.error().message;
      });
  auto* diff =
      app.add_option("--diff", trace.diff,
                     "Name the keys that a publish changed, in YAML, JSON, properties, env and INI "
                     "files up to 1 MiB, and call a change of comments, order or white space alone "
                     "unchanged. values: also what they were and are. Never of secret, projected "
                     "and csi volumes; default off")
          ->type_name("off|keys|values")
          ->check(CLI::IsMember({"off", "keys", "values"}));
  app.add_option("--ignore-key", trace.ignored_keys,
                 "With --diff: changes of this key, and of those below it, do not count (repeat). "
                 "A * is any run of characters; a name without a dot is such a key anywhere")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->needs(diff)
      ->check([](const std::string& text) {
        config::KeyPatterns patterns;
        const auto added = patterns.add(text);
        return added ? std::string() : added.error().message;
      });
  app.add_flag("--live", trace.live,
               "A screen that is kept up to date, with all readers and their last verdicts, in "
               "place of lines; ? says its keys. Lines go to --output FILE at the same time");
  app.add_option("--record", trace.record, "Also write a recording, for replay")->type_name("FILE");
  auto* metrics =
      app.add_option("--metrics", trace.metrics,
                     "Serve /metrics (Prometheus) and /healthz here; :9464 is all addresses")
          ->type_name("ADDR:PORT")
          ->check([](const std::string& text) {
            const auto address = parse_metrics_address(text);
            return address ? std::string() : address.error().message;
          });
  app.add_flag("--metrics-per-pod", trace.metrics_per_pod,
               "A label `pod` on the metrics: as many series as there are pods")
      ->needs(metrics);
  app.add_flag("--bpf-stats", trace.bpf_stats,
               "Also what the BPF programs cost, in /metrics: for 1 s in each 10 s the kernel "
               "counts; needs CAP_SYS_ADMIN")
      ->needs(metrics);
  app.add_option("--max-overhead", trace.max_overhead,
                 "Give up hooks, the cheapest to lose first (poll, http, io_uring, mmap), when the "
                 "BPF programs cost more of one CPU in two samples running; each is a line of kind "
                 "shed. Needs CAP_SYS_ADMIN")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.001, 100.0 * 1024));
  add_hook_choice(app, trace.hooks);
  add_btf(app, trace.btf);
  app.add_option("--duration", trace.duration_seconds, "Stop after that long")
      ->type_name("SEC")
      ->check(CLI::Range(0.001, kMaxSeconds));
  app.add_option(
         "--http-trigger", trace.http_triggers,
         "Also count this as a request to reload (repeat). A METHOD left out is POST or PUT, "
         "a * at the end any rest. Built in: /-/reload, /actuator/refresh, /api/v2/reload")
      ->type_name("\"[METHOD ]PATH[*]\"")
      ->allow_extra_args(false);
  app.add_option("--without-hook", trace.without_hooks,
                 "Leave this hook out, as if the kernel lacked it (repeat); see check")
      ->type_name("NAME")
      ->group("For tests");
  add_muted_hooks(app, trace.muted_hooks);
  app.add_option("--ring-size", trace.ring_bytes, "Of each ring; a power of two, from 4096")
      ->type_name("BYTES")
      ->check([](const std::string& text) {
        std::uint32_t bytes = 0;
        const bool is_number = CLI::detail::lexical_cast(text, bytes);
        return is_number && bytes >= 4096 && std::has_single_bit(bytes)
                   ? std::string()
                   : "must be a power of two, from 4096";
      })
      ->group("For tests");
}

}  // namespace

std::variant<Command, int> parse_command_line(int argc, char** argv) {
  CLI::App app{
      "reloadtrace tells whether applications reread their configuration after it changed, and why "
      "not."};
  app.set_version_flag("--version", "reloadtrace " RELOADTRACE_VERSION);
  app.require_subcommand(0, 1);

  TraceOptions trace;
  add_trace_options(app, trace);
  auto* trace_command = app.add_subcommand("trace", "Watch this node (the default command)");
  add_trace_options(*trace_command, trace);

  DoctorOptions doctor;
  auto* doctor_command = app.add_subcommand("doctor",
                                            "Who on this node can hot reload, and who cannot, "
                                            "without waiting for a publish; needs no BPF");
  add_choice_options(*doctor_command, doctor.view);
  add_deadline(
      *doctor_command, doctor.view,
      "How long a reader may hold an old file before that is held against it; default 120");
  add_node_options(*doctor_command, doctor.places);

  ReplayOptions replay;
  auto* replay_command = app.add_subcommand(
      "replay", "The same output as trace, from a recording; needs no privileges");
  replay_command->add_option("FILE", replay.file, "A recording made with --record")->required();
  add_view_options(*replay_command, replay.view);

  ReportOptions report;
  std::string report_format = "html";
  auto* report_command = app.add_subcommand(
      "report",
      "One HTML page, or a trace for timeline viewers, of what a recording or lines tell");
  report_command
      ->add_option("FILE", report.file, "A recording, or JSON lines; - is standard input, of lines")
      ->required();
  report_command
      ->add_option(
          "-o,--output", report.output,
          "Where it goes, in place of what is there once it is whole; - is standard output")
      ->type_name("FILE")
      ->required();
  report_command
      ->add_option("--format", report_format,
                   "html (one page that needs nothing else), perfetto (trace events, for "
                   "ui.perfetto.dev and chrome://tracing)")
      ->check(CLI::IsMember({"html", "perfetto"}));

  CompareOptions compare;
  std::string compare_format = "table";
  auto* compare_command = app.add_subcommand(
      "compare",
      "Which readers differ over the lines of many nodes: the same volume (kind, namespace and "
      "name; a directory: its path), whoever mounts it. Exits with 1 when some are known to");
  compare_command->add_option("FILE", compare.files, "JSON lines; - is standard input")->required();
  compare_command->add_option("--format", compare_format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));

  CheckOptions check;
  std::string check_format = "table";
  auto* check_command =
      app.add_subcommand("check", "What this kernel and these privileges let it observe");
  check_command->add_option("--format", check_format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));

  add_cost_options(*check_command, check);
  add_hook_choice(*check_command, check.hooks);
  add_btf(*check_command, check.btf);
  add_muted_hooks(*check_command, check.muted_hooks);

  auto* schema_command = app.add_subcommand("schema", "The JSON Schema of the JSON lines");

  ExplainOptions explain;
  std::string explain_format = "text";
  auto* explain_command = app.add_subcommand(
      "explain", "What a cause (or verdict) means, how the kernel shows it, what to change");
  explain_command->add_option("CAUSE", explain.name, "As in a verdict; without it, all are listed");
  explain_command->add_flag("--all", explain.all, "Everything about each of them");
  explain_command->add_option("--format", explain_format)
      ->check(CLI::IsMember({"text", "markdown"}))
      ->group("");  // for the README

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kDone : kUsage;
  }
  if (*doctor_command) {
    return Command{doctor};
  }
  if (*replay_command) {
    return Command{replay};
  }
  if (*report_command) {
    report.format = report_format == "html" ? ReportFormat::Html : ReportFormat::TraceEvents;
    return Command{report};
  }
  if (*compare_command) {
    compare.json = compare_format == "json";
    return Command{compare};
  }
  if (*check_command) {
    check.json = check_format == "json";
    return Command{check};
  }
  if (*schema_command) {
    return Command{SchemaOptions{}};
  }
  if (*explain_command) {
    explain.markdown = explain_format == "markdown";
    return Command{explain};
  }
  return Command{trace};
}

}  // namespace reloadtrace
