// SPDX-License-Identifier: Apache-2.0
// Each publish as a trace in OTLP/JSON: an ExportTraceServiceRequest a line, as the OpenTelemetry
// collector's otlpjsonfile receiver takes it.
//
// The root span `config.publish` goes out when the publish is announced and ends with it; a span
// `config.reload` for each reader, with the steps `notice`, `open` and `read` beneath it, follows
// when its verdict comes. They name the root as their parent by ids that need not be remembered
// (otlp_ids.h). What is no part of a publish has no line.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "userspace/sink/output.h"
#include "userspace/sink/sink.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

class OtlpSink : public Sink {
 public:
  // `output` outlives the sink.
  explicit OtlpSink(Output& output, Session session = {});

  // Lines are valid JSON and UTF-8, at most 64 KiB: lists and strings are cut to that, and events
  // that go are counted in droppedEventsCount. Nothing that tells the size of a Secret's value is
  // in them.
  Result<> write(const Report& report) override;

 private:
  std::string line_of(const PublishReport& report) const;
  std::string line_of(const ReloadReport& report) const;

  Output& output_;
  Session session_;
  std::deque<LossReport> losses_;  // the last ones, which degrade verdicts
};

}  // namespace reloadtrace
