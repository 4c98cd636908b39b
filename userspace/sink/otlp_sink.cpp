// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/otlp_sink.h"

#include <utility>

#include "userspace/sink/otlp_reload.h"
#include "userspace/sink/otlp_resource.h"
#include "userspace/sink/otlp_span.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kMaxLine = 65'536;
constexpr std::size_t kMaxLosses = 32;

std::string dump_line(const nlohmann::ordered_json& request) {
  return request.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

// The line that `make` gives within the most generous limits that fit.
template <typename Make>
std::string line_within(Make make) {
  OtlpLimits limits;
  std::string line = dump_line(make(limits));
  while (line.size() > kMaxLine && limits.bytes >= 16) {
    limits.items = limits.items > 4 ? limits.items / 2 : limits.items;
    limits.bytes /= 2;
    line = dump_line(make(limits));
  }
  return line;
}

}  // namespace

OtlpSink::OtlpSink(Output& output, Session session)
    : output_(output), session_(std::move(session)) {}

Result<> OtlpSink::write(const Report& report) {
  if (const auto* start = std::get_if<StartReport>(&report)) {
    session_ = {start->node, start->wall_offset_ns};
  }
  if (const auto* loss = std::get_if<LossReport>(&report)) {
    losses_.push_back(*loss);
    if (losses_.size() > kMaxLosses) {
      losses_.pop_front();
    }
  }
  if (const auto* publish = std::get_if<PublishReport>(&report)) {
    return output_.write(line_of(*publish));
  }
  if (const auto* reload = std::get_if<ReloadReport>(&report)) {
    return output_.write(line_of(*reload));
  }
  return Unit{};
}

std::string OtlpSink::line_of(const PublishReport& report) const {
  return line_within([&](OtlpLimits limits) {
    return otlp_request(publisher_resource(session_, report, limits),
                        {publish_span(session_, report, limits)});
  });
}

std::string OtlpSink::line_of(const ReloadReport& report) const {
  return line_within([&](OtlpLimits limits) {
    return otlp_request(reader_resource(session_, report, limits),
                        reload_spans(session_, report, losses_, limits));
  });
}

}  // namespace reloadtrace
