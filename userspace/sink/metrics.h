// SPDX-License-Identifier: Apache-2.0
// Numbers for Prometheus: what was said so far is counted, how things stand now is a gauge.
//
// Pure: where the text goes, and when, is the caller's. Labels are bounded: none names a pod, a
// process, a path or a generation unless the user asked for pods, and a counter that has more
// label sets than kMaxSeries adds up the newer ones under one that says "other".
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/engine/report.h"
#include "userspace/sink/cost_report.h"
#include "userspace/sink/prometheus_text.h"
#include "userspace/sink/sink.h"

namespace reloadtrace {

// A total that somebody else keeps: kernel events by kind.
struct NamedCount {
  std::string_view name;
  std::uint64_t count = 0;
};

// What the BPF programs cost while that was sampled.
struct SampledRuns {
  double seconds = 0;
  std::vector<ProgramRuns> programs;
};

class Metrics : public Sink {
 public:
  static constexpr std::size_t kMaxSeries = 5000;

  // `per_pod`: a label `pod` where there is one to name (--metrics-per-pod).
  explicit Metrics(bool per_pod = false) : per_pod_(per_pod) {}

  // Counts it. Never fails.
  Result<> write(const Report& report) override;

  // From now on it is shown what the BPF programs cost: up to now this.
  void set_cost(SampledRuns cost) { cost_ = std::move(cost); }

  // Everything, as Prometheus scrapes it; the gauges show `census`.
  std::string text(const Census& census, std::span<const NamedCount> events) const;

 private:
  class Counter {
   public:
    explicit Counter(std::vector<std::string> names) : names_(std::move(names)) {}
    // One value a name; with `pod`, if not empty, as one label more.
    void add(std::vector<std::string> values, std::string pod = {});
    void print(PrometheusText& out) const;

   private:
    std::vector<std::string> names_;
    std::map<std::vector<std::string>, std::uint64_t> series_;
  };

  // Seconds; from "an inotify watcher on an idle node" to "the next poll after two minutes".
  static constexpr std::array kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,
                                         1.0,   2.5,    5.0,   10.0, 30.0,  60.0, 120., 300.0};

  void count(const StartReport& report);
  void count(const PublishReport& report);
  void count(const ReloadReport& report);
  void count(const LossReport& report);
  void count(const DropReport& report) { dropped_ += report.reports; }
  void count(const ShedReport&) { ++shed_; }
  void count(const EventReport&) {}
  void count(const ReaderReport&) {}
  void count(const StopReport&) {}
  void print_propagation(PrometheusText& out) const;
  void print_gauges(PrometheusText& out, const Census& census) const;
  void print_cost(PrometheusText& out) const;
  std::string pod_label(const std::string& pod) const { return per_pod_ ? pod : std::string(); }

  bool per_pod_;
  MetricLabels build_;
  Counter publishes_{{"namespace", "volume_kind"}};
  Counter reloads_{{"namespace", "verdict", "cause", "trigger"}};
  std::array<std::uint64_t, kBounds.size() + 1> propagation_{};  // the last: beyond all bounds
  double propagation_sum_ = 0;
  std::map<std::string, std::uint64_t> lost_;
  std::uint64_t dropped_ = 0;
  std::uint64_t shed_ = 0;
  std::optional<SampledRuns> cost_;
};

}  // namespace reloadtrace
