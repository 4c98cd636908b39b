// SPDX-License-Identifier: Apache-2.0
// The shapes of OTLP/JSON: attributes, spans, and the request that carries them.
//
// As the protobuf definitions and their JSON mapping want it: camelCase, ids in hex, 64-bit
// integers as strings, enumerations as numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace reloadtrace {

// How much of long lists and strings is put out.
struct OtlpLimits {
  std::size_t items = 128;
  std::size_t bytes = 4096;  // PATH_MAX
};

// The `attributes` of a resource, a span or an event. What is empty or not known is left out.
class OtlpAttributes {
 public:
  explicit OtlpAttributes(OtlpLimits limits) : limits_(limits) {}

  OtlpAttributes& text(std::string_view name, std::string_view value);
  OtlpAttributes& number(std::string_view name, std::uint64_t value);
  OtlpAttributes& boolean(std::string_view name, bool value);
  // The first `limits.items` of them.
  OtlpAttributes& list(std::string_view name, const std::vector<std::string>& values);

  nlohmann::ordered_json done() { return std::move(attributes_); }

 private:
  nlohmann::ordered_json text_value(std::string_view text) const;
  OtlpAttributes& add(std::string_view name, nlohmann::ordered_json value);

  OtlpLimits limits_;
  nlohmann::ordered_json attributes_ = nlohmann::ordered_json::array();
};

// As in trace.proto.
enum class OtlpKind { Internal = 1, Producer = 4, Consumer = 5 };
enum class OtlpStatus { Unset = 0, Error = 2 };

struct OtlpEvent {
  std::uint64_t at = 0;  // nanoseconds since 1970, as all times here
  std::string name;
  nlohmann::ordered_json attributes;
};

struct OtlpSpan {
  std::string trace_id;
  std::string span_id;
  std::string parent_id;  // empty for the root
  std::string name;
  OtlpKind kind = OtlpKind::Internal;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  nlohmann::ordered_json attributes = nlohmann::ordered_json::array();
  std::vector<OtlpEvent> events = {};
  std::size_t dropped_events = 0;
  OtlpStatus status = OtlpStatus::Unset;
  std::string status_message = {};
};

// An ExportTraceServiceRequest: the spans of one resource, of the scope `reloadtrace`.
nlohmann::ordered_json otlp_request(nlohmann::ordered_json resource_attributes,
                                    std::vector<OtlpSpan> spans);

}  // namespace reloadtrace
