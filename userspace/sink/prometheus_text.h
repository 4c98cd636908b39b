// SPDX-License-Identifier: Apache-2.0
// Prometheus' text format, version 0.0.4.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reloadtrace {

// In the order in which they are printed.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class PrometheusText {
 public:
  // What the samples that follow are; `type` is "counter", "gauge" or "histogram".
  void family(std::string_view name, std::string_view type, std::string_view help);
  // `suffix` is appended to the family's name: "_bucket", "_sum", "_count".
  void sample(const MetricLabels& labels, std::uint64_t value, std::string_view suffix = {});
  void sample(const MetricLabels& labels, double value, std::string_view suffix = {});

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(const MetricLabels& labels, std::string_view suffix);

  std::string text_;
  std::string family_;
};

}  // namespace reloadtrace
