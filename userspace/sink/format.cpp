// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/make_sink.h"

namespace reloadtrace {

Result<Format> parse_format(std::string_view name) {
  if (name == "auto") {
    return Format::Auto;
  }
  if (name == "table") {
    return Format::Table;
  }
  if (name == "json") {
    return Format::Json;
  }
  if (name == "otlp") {
    return Format::Otlp;
  }
  return Error{std::make_error_code(std::errc::invalid_argument),
               "no such format: " + std::string(name) + " (there are auto, table, json and otlp)"};
}

}  // namespace reloadtrace
