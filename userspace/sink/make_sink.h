// SPDX-License-Identifier: Apache-2.0
// From --format to a sink.
#pragma once

#include <memory>
#include <string_view>

#include "userspace/base/result.h"
#include "userspace/sink/output.h"
#include "userspace/sink/sink.h"
#include "userspace/sink/terminal.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

enum class Format { Auto, Table, Json, Otlp };

// "auto", "table", "json", "otlp".
Result<Format> parse_format(std::string_view name);

bool wants_table(Format format, const TerminalInfo& terminal);

// Auto is a table on a terminal and JSON lines elsewhere. `output` outlives the sink.
std::unique_ptr<Sink> make_sink(Format format,
                                Output& output,
                                const TerminalInfo& terminal,
                                Session session = {});

}  // namespace reloadtrace
