// SPDX-License-Identifier: Apache-2.0
#include "tests/support/schema_validator.h"

// valijson's headers do not pass our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include <stdexcept>

#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tracer.h"

namespace reloadtrace::testing {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

struct SchemaValidator::Compiled {
  valijson::Schema schema;
};

SchemaValidator::SchemaValidator(const nlohmann::json& schema)
    : compiled_(std::make_unique<Compiled>()) {
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(Adapter(schema), compiled_->schema);
}

SchemaValidator::~SchemaValidator() = default;

SchemaValidator SchemaValidator::from_tree() {
  return SchemaValidator(nlohmann::json::parse(
      read_file(in_project("userspace/sink/schema/reloadtrace.schema.json"))));
}

SchemaValidator SchemaValidator::from_tracer() {
  const Completed completed = run_tracer({"schema"});
  if (completed.exit_code != 0) {
    throw std::runtime_error("reloadtrace schema: " + completed.errors);
  }
  return SchemaValidator(nlohmann::json::parse(completed.output));
}

std::string SchemaValidator::errors_in(const nlohmann::json& line) const {
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(compiled_->schema, Adapter(line), &results)) {
    return "";
  }
  std::string errors;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    std::string where;
    for (const std::string& step : error.context) {
      where += step;
    }
    errors += where + ": " + error.description + "\n";
  }
  return errors.empty() ? "invalid\n" : errors;
}

std::string SchemaValidator::errors_in(const std::vector<nlohmann::json>& lines) const {
  std::string all;
  for (const nlohmann::json& line : lines) {
    if (const std::string errors = errors_in(line); !errors.empty()) {
      all += line.dump() + "\n" + errors;
    }
  }
  return all;
}

}  // namespace reloadtrace::testing
