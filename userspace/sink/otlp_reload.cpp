// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/otlp_reload.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "userspace/sink/otlp_ids.h"
#include "userspace/sink/secrecy.h"

namespace reloadtrace {
namespace {

void add_publish(OtlpAttributes& attributes, const PublishInfo& publish) {
  std::vector<std::string> changed;
  std::vector<std::string> keys;  // names alone: values are for those who look at lines
  for (const ChangedFile& file : publish.changed) {
    changed.push_back(file.file);
    if (file.keys) {
      for (const ChangedKey& key : file.keys->keys) {
        keys.push_back(fmt::format("{}: {}", file.file, key.key));
      }
    }
  }
  attributes.text("reloadtrace.generation.from", publish.from)
      .text("reloadtrace.generation.to", publish.to)
      .text("reloadtrace.config_version", publish.config_version)
      .list("reloadtrace.changed", changed)
      .list("reloadtrace.changed_keys", keys);
}

void add_volume(OtlpAttributes& attributes, const VolumeInfo& volume) {
  attributes.text("reloadtrace.volume.kind", volume.kind)
      .text("reloadtrace.volume.name", volume.name)
      .text("reloadtrace.volume.path", volume.path)
      .text("reloadtrace.volume.host_path", volume.host_path);
}

std::vector<std::string> names_of(const std::vector<ProcessInfo>& processes) {
  std::vector<std::string> names;
  for (const ProcessInfo& process : processes) {
    names.push_back(fmt::format("{}[{}]", process.comm, process.pid));
  }
  return names;
}

// "no_watcher: last read 3 d ago and watches nothing of the volume"
std::string failure_of(const ReloadReport& report) {
  return report.cause ? fmt::format("{}: {}", name_of(*report.cause), report.evidence)
                      : report.evidence;
}

// Makes the spans of one verdict.
class ReloadTrace {
 public:
  ReloadTrace(const Session& session,
              const ReloadReport& report,
              const std::deque<LossReport>& losses,
              OtlpLimits limits)
      : session_(session), report_(report), limits_(limits) {
    reload_.trace_id = publish_trace_id(session, report.volume, report.publish);
    reload_.span_id = reload_span_id(reload_.trace_id, report);
    reload_.parent_id = publish_span_id(reload_.trace_id);
    reload_.name = "config.reload";
    reload_.kind = OtlpKind::Consumer;
    reload_.start = wall(report.publish.at);
    reload_.end = wall(ended());
    reload_.attributes = attributes();
    if (is_failure(report.verdict)) {
      reload_.status = OtlpStatus::Error;
      reload_.status_message = failure_of(report);
    }
    add_file_events();
    add_process_events();
    for (const LossReport& loss : losses) {
      add_loss_event(loss);
    }
  }

  std::vector<OtlpSpan> spans() && {
    std::vector<OtlpSpan> spans;
    spans.push_back(std::move(reload_));
    const Latencies& latency = report_.latency;
    Duration before{};
    for (const auto& [name, after] :
         {std::pair{"notice", latency.notified}, std::pair{"open", latency.opened},
          std::pair{"read", latency.read}}) {
      if (after) {
        spans.push_back(step(spans.front(), name, std::min(before, *after), *after));
        before = *after;
      }
    }
    return spans;
  }

 private:
  std::uint64_t wall(Timestamp at) const { return unix_nanoseconds(at, session_.wall_offset_ns); }

  // Who has reread was done with the last byte, even if that was known only later.
  Timestamp ended() const {
    const bool reread = report_.verdict == Verdict::Reloaded || report_.verdict == Verdict::Late ||
                        report_.verdict == Verdict::Restarted;
    const Timestamp end =
        reread && report_.latency.read ? report_.publish.at + *report_.latency.read : report_.at;
    return std::max(end, report_.publish.at);
  }

  nlohmann::ordered_json attributes() const {
    OtlpAttributes attributes(limits_);
    attributes.text("reloadtrace.verdict", name_of(report_.verdict));
    if (report_.cause) {
      attributes.text("reloadtrace.cause", name_of(*report_.cause));
    }
    if (is_failure(report_.verdict)) {
      attributes.text("error.type", name_of(report_.verdict));
    }
    attributes.text("reloadtrace.evidence", report_.evidence)
        .text("reloadtrace.advice", report_.advice)
        .text("reloadtrace.confidence", report_.degraded ? "degraded" : "exact");
    if (report_.trigger) {
      attributes.text("reloadtrace.trigger", name_of(report_.trigger->kind))
          .text("reloadtrace.trigger.detail", report_.trigger->detail);
    }
    add_volume(attributes, report_.volume);
    add_publish(attributes, report_.publish);
    attributes.list("reloadtrace.observers", names_of(report_.observers));
    return attributes.done();
  }

  void add_file_events() {
    const bool secret = is_secret(report_.volume);
    for (const FileRead& file : report_.files) {
      OtlpAttributes attributes(limits_);
      attributes.text("reloadtrace.file", file.file)
          .text("reloadtrace.generation", file.generation)
          .boolean("reloadtrace.complete", file.complete);
      if (!secret) {
        attributes.number("reloadtrace.bytes", file.bytes).number("reloadtrace.size", file.size);
      }
      add_event("file", std::move(attributes));
    }
  }

  void add_process_events() {
    for (const ProcessUse& use : report_.processes) {
      OtlpAttributes attributes(limits_);
      attributes.number("process.pid", use.process.pid)
          .text("process.executable.name", use.process.comm)
          .text("process.executable.path", use.process.exe)
          .text("reloadtrace.state", name_of(use.state))
          .boolean("reloadtrace.started_after_publish", use.began_after)
          .list("reloadtrace.holds", use.holds);
      add_event("process", std::move(attributes));
    }
  }

  void add_loss_event(const LossReport& loss) {
    if (loss.until < report_.publish.at || loss.since > report_.at) {
      return;
    }
    OtlpAttributes attributes(limits_);
    for (const auto& [cause, count] : loss.lost) {
      attributes.number("reloadtrace.lost." + cause, count);
    }
    add_event("loss", std::move(attributes));
  }

  void add_event(const char* name, OtlpAttributes attributes) {
    if (reload_.events.size() >= limits_.items) {
      ++reload_.dropped_events;
      return;
    }
    reload_.events.push_back({reload_.end, name, attributes.done()});
  }

  OtlpSpan step(const OtlpSpan& reload, const char* name, Duration begin, Duration end) const {
    OtlpSpan span;
    span.trace_id = reload.trace_id;
    span.span_id = step_span_id(reload.span_id, name);
    span.parent_id = reload.span_id;
    span.name = name;
    span.start = wall(report_.publish.at + begin);
    span.end = wall(report_.publish.at + end);
    return span;
  }

  const Session& session_;
  const ReloadReport& report_;
  OtlpLimits limits_;
  OtlpSpan reload_;
};

}  // namespace

OtlpSpan publish_span(const Session& session, const PublishReport& report, OtlpLimits limits) {
  OtlpSpan span;
  span.trace_id = publish_trace_id(session, report.volume, report.publish);
  span.span_id = publish_span_id(span.trace_id);
  span.name = "config.publish";
  span.kind = OtlpKind::Producer;
  span.start = span.end = unix_nanoseconds(report.publish.at, session.wall_offset_ns);
  OtlpAttributes attributes(limits);
  add_volume(attributes, report.volume);
  add_publish(attributes, report.publish);
  // Of the pod that the volume belongs to: the resource is the program that wrote it.
  attributes.text("k8s.namespace.name", report.pod_namespace)
      .text("k8s.pod.name", report.pod)
      .text("k8s.pod.uid", report.volume.pod_uid)
      .number("reloadtrace.readers", report.readers);
  span.attributes = attributes.done();
  return span;
}

std::vector<OtlpSpan> reload_spans(const Session& session,
                                   const ReloadReport& report,
                                   const std::deque<LossReport>& losses,
                                   OtlpLimits limits) {
  return ReloadTrace(session, report, losses, limits).spans();
}

}  // namespace reloadtrace
