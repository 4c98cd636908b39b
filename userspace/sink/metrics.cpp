// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace reloadtrace {
namespace {

constexpr char kOther[] = "other";

}  // namespace

void Metrics::Counter::add(std::vector<std::string> values, std::string pod) {
  if (!pod.empty()) {
    values.push_back(std::move(pod));
  }
  if (series_.size() >= kMaxSeries && !series_.contains(values)) {
    values.assign(names_.size(), kOther);
  }
  ++series_[std::move(values)];
}

void Metrics::Counter::print(PrometheusText& out) const {
  for (const auto& [values, count] : series_) {
    MetricLabels labels;
    for (std::size_t i = 0; i < values.size(); ++i) {
      labels.emplace_back(i < names_.size() ? names_[i] : "pod", values[i]);
    }
    out.sample(labels, count);
  }
}

Result<> Metrics::write(const Report& report) {
  std::visit([this](const auto& one) { count(one); }, report);
  return Unit{};
}

void Metrics::count(const StartReport& report) {
  build_ = {{"version", report.version}, {"kernel", report.kernel}};
}

void Metrics::count(const PublishReport& report) {
  publishes_.add({report.pod_namespace, report.volume.kind}, pod_label(report.pod));
}

void Metrics::count(const ReloadReport& report) {
  reloads_.add({report.reader.pod_namespace, std::string(name_of(report.verdict)),
                report.cause ? std::string(name_of(*report.cause)) : "",
                report.trigger ? std::string(name_of(report.trigger->kind)) : ""},
               pod_label(report.reader.pod));
  if (!report.latency.read) {
    return;
  }
  const double seconds = std::chrono::duration<double>(*report.latency.read).count();
  const auto* bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  ++propagation_[static_cast<std::size_t>(bound - kBounds.begin())];
  propagation_sum_ += seconds;
}

void Metrics::count(const LossReport& report) {
  for (const auto& [cause, count] : report.lost) {
    lost_[cause] += count;
  }
}

std::string Metrics::text(const Census& census, std::span<const NamedCount> events) const {
  PrometheusText out;
  out.family("reloadtrace_build_info", "gauge", "Version of reloadtrace and of the kernel.");
  if (!build_.empty()) {
    out.sample(build_, std::uint64_t{1});
  }
  out.family("reloadtrace_publishes_total", "counter",
             "New generations of config volumes that became visible.");
  publishes_.print(out);
  out.family("reloadtrace_reloads_total", "counter",
             "Verdicts, one for each publish and reader; a late one follows a stale one.");
  reloads_.print(out);
  print_propagation(out);
  print_gauges(out, census);
  out.family("reloadtrace_events_total", "counter", "Events that the kernel side reported.");
  for (const NamedCount& event : events) {
    out.sample({{"event", std::string(event.name)}}, event.count);
  }
  out.family("reloadtrace_events_lost_total", "counter",
             "Events that were lost; verdicts on what they may have shown are unknown.");
  for (const auto& [cause, count] : lost_) {
    out.sample({{"cause", cause}}, count);
  }
  out.family("reloadtrace_reports_dropped_total", "counter",
             "Lines that were not put out, for whoever reads them is too slow; no verdict is "
             "touched by that.");
  out.sample({}, dropped_);
  out.family("reloadtrace_hooks_shed", "gauge",
             "Hooks given up because the BPF programs cost more than --max-overhead allows; what "
             "depends on them is unknown or degraded.");
  out.sample({}, shed_);
  print_cost(out);
  return out.take();
}

void Metrics::print_cost(PrometheusText& out) const {
  if (!cost_) {
    return;
  }
  out.family("reloadtrace_bpf_runs_total", "counter",
             "Runs of the BPF programs, while they were counted.");
  for (const ProgramRuns& one : cost_->programs) {
    out.sample({{"program", one.program}}, one.runs);
  }
  out.family("reloadtrace_bpf_run_seconds_total", "counter",
             "CPU time of those runs. Divided by the rate of "
             "reloadtrace_bpf_counted_seconds_total, its rate is the share of one CPU.");
  for (const ProgramRuns& one : cost_->programs) {
    out.sample({{"program", one.program}}, static_cast<double>(one.run_ns) / 1e9);
  }
  out.family("reloadtrace_bpf_counted_seconds_total", "counter",
             "How long they were counted: counting costs something itself, so it is sampled.");
  out.sample({}, cost_->seconds);
}

void Metrics::print_propagation(PrometheusText& out) const {
  out.family("reloadtrace_propagation_seconds", "histogram",
             "From the publish to the end of the reread.");
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    up_to += propagation_[i];
    out.sample({{"le", fmt::format("{}", kBounds[i])}}, up_to, "_bucket");
  }
  up_to += propagation_.back();
  out.sample({{"le", "+Inf"}}, up_to, "_bucket");
  out.sample({}, propagation_sum_, "_sum");
  out.sample({}, up_to, "_count");
}

void Metrics::print_gauges(PrometheusText& out, const Census& census) const {
  std::map<std::pair<std::string, std::string>, ReaderCount> groups;
  ReaderCount all;
  for (const auto& [name, count] : census) {
    for (ReaderCount* sum : {&groups[{name.pod_namespace, pod_label(name.pod)}], &all}) {
      sum->readers += count.readers;
      sum->current += count.current;
      sum->behind += count.behind;
      sum->stale += count.stale;
    }
  }
  const auto gauge = [&](std::uint64_t ReaderCount::*member) {
    for (const auto& [group, count] : groups) {
      MetricLabels labels = {{"namespace", group.first}};
      if (!group.second.empty()) {
        labels.emplace_back("pod", group.second);
      }
      out.sample(labels, count.*member);
    }
  };
  out.family("reloadtrace_readers", "gauge", "Containers and processes that use a config volume.");
  gauge(&ReaderCount::readers);
  out.family("reloadtrace_current_readers", "gauge",
             "Readers that have read the newest generation of all their volumes.");
  gauge(&ReaderCount::current);
  out.family("reloadtrace_behind_readers", "gauge",
             "Readers that have not been seen to read the newest generation of some volume (yet).");
  gauge(&ReaderCount::behind);
  out.family("reloadtrace_stale_readers", "gauge",
             "Readers that were found stale, partial or torn, and have not reread since.");
  gauge(&ReaderCount::stale);
  out.family("reloadtrace_consistency_ratio", "gauge",
             "Readers on the newest generation of their volumes / readers of which that is known; "
             "1 without any.");
  const auto known = static_cast<double>(all.current + all.behind);
  out.sample({}, known == 0 ? 1.0 : static_cast<double>(all.current) / known);
}

}  // namespace reloadtrace
