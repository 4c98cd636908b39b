// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/prometheus_text.h"

#include <fmt/format.h>

#include <iterator>

namespace reloadtrace {
namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quotes)) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

}  // namespace

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name,
                 escaped(help, false), name, type);
}

void PrometheusText::sample(const MetricLabels& labels,
                            std::uint64_t value,
                            std::string_view suffix) {
  begin_sample(labels, suffix);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void PrometheusText::sample(const MetricLabels& labels, double value, std::string_view suffix) {
  begin_sample(labels, suffix);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void PrometheusText::begin_sample(const MetricLabels& labels, std::string_view suffix) {
  text_ += family_;
  text_ += suffix;
  char before = '{';
  for (const auto& [name, value] : labels) {
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", before, name, escaped(value, true));
    before = ',';
  }
  if (before == ',') {
    text_ += '}';
  }
}

}  // namespace reloadtrace
