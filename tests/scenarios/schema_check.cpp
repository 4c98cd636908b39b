// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/schema_check.h"

#include <nlohmann/json.hpp>

// valijson's headers do not pass our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "userspace/sink/schema.h"

namespace reloadtrace::testing {

using valijson::adapters::NlohmannJsonAdapter;

std::string complaint_about(const std::string& line) {
  static valijson::Schema schema;  // can be neither copied nor moved
  static const nlohmann::json text = [] {
    nlohmann::json parsed = nlohmann::json::parse(json_schema());
    valijson::SchemaParser().populateSchema(NlohmannJsonAdapter(parsed), schema);
    return parsed;
  }();
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return "is not JSON";
  }
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(schema, NlohmannJsonAdapter(json), &results)) {
    return {};
  }
  std::string out = "breaks the schema:";
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    out += "\n  ";
    for (const std::string& step : error.context) {
      out += step;
    }
    out += ": " + error.description;
  }
  return out;
}

}  // namespace reloadtrace::testing
