// SPDX-License-Identifier: Apache-2.0
// Checks lines against the JSON Schema (draft 7) that is part of the contract.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace reloadtrace::testing {

class SchemaValidator {
 public:
  explicit SchemaValidator(const nlohmann::json& schema);
  ~SchemaValidator();

  // The schema that lies in the tree, and the one that the tracer prints; they must be the same.
  static SchemaValidator from_tree();
  static SchemaValidator from_tracer();

  // What is wrong with the line, a sentence each; empty when it is valid.
  std::string errors_in(const nlohmann::json& line) const;
  // The same for many, each error with its line.
  std::string errors_in(const std::vector<nlohmann::json>& lines) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace reloadtrace::testing
