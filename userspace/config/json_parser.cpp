// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "userspace/config/parsers.h"

namespace reloadtrace::config {
namespace {

using Json = nlohmann::json;

// Takes each value as it is parsed: no tree is built, and nesting costs no stack.
class Flattener final : public nlohmann::json_sax<Json> {
 public:
  explicit Flattener(Entries& out) : out_(out) {}

  std::string problem;

  bool null() override { return leaf("null", "null"); }
  bool boolean(bool value) override { return leaf(value ? "true" : "false", "boolean"); }
  bool number_integer(number_integer_t value) override {
    return leaf(std::to_string(value), "number");
  }
  bool number_unsigned(number_unsigned_t value) override {
    return leaf(std::to_string(value), "number");
  }
  bool number_float(number_float_t, const string_t& text) override { return leaf(text, "number"); }
  bool string(string_t& value) override { return leaf(std::move(value), "string"); }
  bool binary(binary_t&) override { return false; }  // no text has it

  bool start_object(std::size_t) override { return enter(true); }
  bool key(string_t& name) override {
    path_.name(name);
    return true;
  }
  bool end_object() override { return !path_.leave() || add("{}", "object"); }
  bool start_array(std::size_t) override { return enter(false); }
  bool end_array() override { return !path_.leave() || add("[]", "array"); }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    problem = "error at byte " + std::to_string(position);
    return false;
  }

 private:
  bool leaf(std::string value, const char* type) {
    path_.next_item();
    return add(std::move(value), type);
  }
  bool add(std::string value, const char* type) {
    return out_.add({path_.text(), std::move(value), type});
  }
  bool enter(bool map) {
    path_.next_item();
    if (map ? path_.enter_map() : path_.enter_list()) {
      return true;
    }
    problem = "nested too deep";
    return false;
  }

  Entries& out_;
  KeyPath path_;
};

}  // namespace

Result<> parse_json(std::string_view text, Entries& out) {
  Flattener flattener(out);
  if (!Json::sax_parse(text, &flattener) && !flattener.problem.empty()) {
    return malformed(std::move(flattener.problem));
  }
  return Unit{};  // what there was no room for, finish() tells
}

}  // namespace reloadtrace::config
