// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/make_sink.h"

#include <utility>

#include "userspace/sink/json_sink.h"
#include "userspace/sink/otlp_sink.h"
#include "userspace/sink/table_sink.h"

namespace reloadtrace {

bool wants_table(Format format, const TerminalInfo& terminal) {
  return format == Format::Table || (format == Format::Auto && terminal.is_terminal);
}

std::unique_ptr<Sink> make_sink(Format format,
                                Output& output,
                                const TerminalInfo& terminal,
                                Session session) {
  if (format == Format::Otlp) {
    return std::make_unique<OtlpSink>(output, std::move(session));
  }
  if (!wants_table(format, terminal)) {
    return std::make_unique<JsonSink>(output, std::move(session));
  }
  const TableOptions options{terminal.colour, terminal.columns, terminal.charset};
  return std::make_unique<TableSink>(output, options, std::move(session));
}

}  // namespace reloadtrace
