// SPDX-License-Identifier: Apache-2.0
// One JSON object a line, for programs. The fields are fixed by the schema beside this (schema.h).
#pragma once

#include <memory>
#include <string>

#include "userspace/sink/output.h"
#include "userspace/sink/sink.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

class JsonText;

// The line with its '\n': always valid JSON and UTF-8 (bytes that are not become U+FFFD), at most
// 64 KiB. A longer one loses the ends of its lists and says "truncated": true. Nothing that tells
// the size of a Secret's value is in it.
std::string json_line(const Report& report, const Session& session);

class JsonSink : public Sink {
 public:
  // `output` outlives the sink.
  explicit JsonSink(Output& output, Session session = {});
  ~JsonSink() override;

  Result<> write(const Report& report) override;

 private:
  Output& output_;
  Session session_;
  std::unique_ptr<JsonText> text_;  // its memory serves all lines
};

}  // namespace reloadtrace
