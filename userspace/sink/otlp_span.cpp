// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/otlp_span.h"

#include <utility>

#include "userspace/sink/json_limit.h"

namespace reloadtrace {
namespace {

using Json = nlohmann::ordered_json;

// The conventions by which the attributes of resources are named.
constexpr const char* kSchemaUrl = "https://opentelemetry.io/schemas/1.27.0";

Json event_json(OtlpEvent event) {
  Json json;
  json["timeUnixNano"] = std::to_string(event.at);
  json["name"] = std::move(event.name);
  json["attributes"] = std::move(event.attributes);
  return json;
}

Json span_json(OtlpSpan span) {
  Json json;
  json["traceId"] = std::move(span.trace_id);
  json["spanId"] = std::move(span.span_id);
  if (!span.parent_id.empty()) {
    json["parentSpanId"] = std::move(span.parent_id);
  }
  json["name"] = std::move(span.name);
  json["kind"] = static_cast<int>(span.kind);
  json["startTimeUnixNano"] = std::to_string(span.start);
  json["endTimeUnixNano"] = std::to_string(span.end);
  json["attributes"] = std::move(span.attributes);
  if (!span.events.empty()) {
    Json& events = json["events"] = Json::array();
    for (OtlpEvent& event : span.events) {
      events.push_back(event_json(std::move(event)));
    }
  }
  if (span.dropped_events > 0) {
    json["droppedEventsCount"] = span.dropped_events;
  }
  Json& status = json["status"] = Json::object();
  if (span.status != OtlpStatus::Unset) {
    status["message"] = std::move(span.status_message);
    status["code"] = static_cast<int>(span.status);
  }
  return json;
}

}  // namespace

Json OtlpAttributes::text_value(std::string_view text) const {
  std::string value(text);
  shorten(value, limits_.bytes);
  Json json;
  json["stringValue"] = std::move(value);
  return json;
}

OtlpAttributes& OtlpAttributes::add(std::string_view name, Json value) {
  Json attribute;
  attribute["key"] = name;
  attribute["value"] = std::move(value);
  attributes_.push_back(std::move(attribute));
  return *this;
}

OtlpAttributes& OtlpAttributes::text(std::string_view name, std::string_view value) {
  return value.empty() ? *this : add(name, text_value(value));
}

OtlpAttributes& OtlpAttributes::number(std::string_view name, std::uint64_t value) {
  Json json;
  json["intValue"] = std::to_string(value);
  return add(name, std::move(json));
}

OtlpAttributes& OtlpAttributes::boolean(std::string_view name, bool value) {
  Json json;
  json["boolValue"] = value;
  return add(name, std::move(json));
}

OtlpAttributes& OtlpAttributes::list(std::string_view name,
                                     const std::vector<std::string>& values) {
  if (values.empty()) {
    return *this;
  }
  Json items = Json::array();
  for (std::size_t i = 0; i < values.size() && i < limits_.items; ++i) {
    items.push_back(text_value(values[i]));
  }
  Json json;
  json["arrayValue"]["values"] = std::move(items);
  return add(name, std::move(json));
}

Json otlp_request(Json resource_attributes, std::vector<OtlpSpan> spans) {
  Json scope_spans;
  scope_spans["scope"]["name"] = "reloadtrace";
  scope_spans["scope"]["version"] = RELOADTRACE_VERSION;
  Json& list = scope_spans["spans"] = Json::array();
  for (OtlpSpan& span : spans) {
    list.push_back(span_json(std::move(span)));
  }
  Json resource_spans;
  resource_spans["resource"]["attributes"] = std::move(resource_attributes);
  resource_spans["scopeSpans"] = Json::array();
  resource_spans["scopeSpans"].push_back(std::move(scope_spans));
  resource_spans["schemaUrl"] = kSchemaUrl;
  Json request;
  request["resourceSpans"] = Json::array();
  request["resourceSpans"].push_back(std::move(resource_spans));
  return request;
}

}  // namespace reloadtrace
