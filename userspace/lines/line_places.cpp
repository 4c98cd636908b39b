// SPDX-License-Identifier: Apache-2.0
#include "userspace/lines/line_places.h"

#include <array>

namespace reloadtrace {
namespace {

using Text = std::string_view;

constexpr Field text(Text name, Text& (*where)(Line&)) {
  return {name, Place::Nowhere, where, nullptr};
}
constexpr Field number(Text name, void (*set)(Line&, double)) {
  return {name, Place::Nowhere, nullptr, set};
}
constexpr Field opens(Text name, Place place) {
  return {name, place, nullptr, nullptr};
}

constexpr std::array kLine = {
    text("time", [](Line& l) -> Text& { return l.time; }),
    text("node", [](Line& l) -> Text& { return l.node; }),
    text("verdict", [](Line& l) -> Text& { return l.verdict; }),
    text("cause", [](Line& l) -> Text& { return l.cause; }),
    text("evidence", [](Line& l) -> Text& { return l.evidence; }),
    text("advice", [](Line& l) -> Text& { return l.advice; }),
    text("confidence", [](Line& l) -> Text& { return l.confidence; }),
    text("config_version", [](Line& l) -> Text& { return l.config_version; }),
    opens("volume", Place::Volume),
    opens("reader", Place::Reader),
    opens("process", Place::Process),
    opens("publish", Place::Publish),
    opens("trigger", Place::Trigger),
    opens("latency_ms", Place::Latency),
    opens("processes", Place::Processes),
    opens("observers", Place::Observers),
    // Of a publish line, which is its own publish.
    text("from", [](Line& l) -> Text& { return l.publish.from; }),
    text("to", [](Line& l) -> Text& { return l.publish.to; }),
    opens("writer", Place::Writer),
    opens("changed", Place::Changed),
    number("readers", [](Line& l, double value) { l.readers = count_of(value); }),
    // Of start and loss lines.
    text("version", [](Line& l) -> Text& { return l.version; }),
    text("kernel", [](Line& l) -> Text& { return l.kernel; }),
    text("since", [](Line& l) -> Text& { return l.since; }),
    text("until", [](Line& l) -> Text& { return l.until; }),
    opens("lost", Place::Lost),
};

constexpr std::array kVolume = {
    text("kind", [](Line& l) -> Text& { return l.volume.kind; }),
    text("name", [](Line& l) -> Text& { return l.volume.name; }),
    text("path", [](Line& l) -> Text& { return l.volume.path; }),
    text("host_path", [](Line& l) -> Text& { return l.volume.host_path; }),
    text("pod_uid", [](Line& l) -> Text& { return l.volume.pod_uid; }),
};

constexpr std::array kReader = {
    text("kind", [](Line& l) -> Text& { return l.reader.kind; }),
    text("namespace", [](Line& l) -> Text& { return l.reader.pod_namespace; }),
    text("pod", [](Line& l) -> Text& { return l.reader.pod; }),
    text("container", [](Line& l) -> Text& { return l.reader.container; }),
    text("container_id", [](Line& l) -> Text& { return l.reader.container_id; }),
    text("pod_uid", [](Line& l) -> Text& { return l.reader.pod_uid; }),
    number("pid", [](Line& l, double value) { l.reader.process.pid = count_of(value); }),
    text("comm", [](Line& l) -> Text& { return l.reader.process.comm; }),
    text("exe", [](Line& l) -> Text& { return l.reader.process.exe; }),
};

constexpr std::array kProcess = {
    number("pid", [](Line& l, double value) { l.process.pid = count_of(value); }),
    text("comm", [](Line& l) -> Text& { return l.process.comm; }),
    text("exe", [](Line& l) -> Text& { return l.process.exe; }),
};

constexpr std::array kPublish = {
    text("time", [](Line& l) -> Text& { return l.publish.time; }),
    text("from", [](Line& l) -> Text& { return l.publish.from; }),
    text("to", [](Line& l) -> Text& { return l.publish.to; }),
    opens("writer", Place::Writer),
    opens("changed", Place::Changed),
};

constexpr std::array kWriter = {
    number("pid", [](Line& l, double value) { l.publish.writer.pid = count_of(value); }),
    text("comm", [](Line& l) -> Text& { return l.publish.writer.comm; }),
};

// Of a publish line: objects. In a reload line the list has names.
constexpr std::array kChanged = {
    text("file", [](Line& l) -> Text& { return l.publish.changed.emplace_back(); }),
};

constexpr std::array kTrigger = {
    text("kind", [](Line& l) -> Text& { return l.trigger; }),
    text("detail", [](Line& l) -> Text& { return l.trigger_detail; }),
};

constexpr std::array kLatency = {
    number("notified", [](Line& l, double value) { l.latency.notified = value; }),
    number("opened", [](Line& l, double value) { l.latency.opened = value; }),
    number("read", [](Line& l, double value) { l.latency.read = value; }),
};

// The parser has begun an item before it asks.
constexpr std::array kProcesses = {
    number("pid", [](Line& l, double value) { l.processes.back().pid = count_of(value); }),
    text("comm", [](Line& l) -> Text& { return l.processes.back().comm; }),
    text("exe", [](Line& l) -> Text& { return l.processes.back().exe; }),
    text("state", [](Line& l) -> Text& { return l.processes.back().state; }),
};
constexpr std::array kObservers = {
    number("pid", [](Line& l, double value) { l.observers.back().pid = count_of(value); }),
    text("comm", [](Line& l) -> Text& { return l.observers.back().comm; }),
};

std::span<const Field> fields_of(Place place) {
  switch (place) {
    case Place::Line:
      return kLine;
    case Place::Volume:
      return kVolume;
    case Place::Reader:
      return kReader;
    case Place::Process:
      return kProcess;
    case Place::Publish:
      return kPublish;
    case Place::Writer:
      return kWriter;
    case Place::Changed:
      return kChanged;
    case Place::Trigger:
      return kTrigger;
    case Place::Latency:
      return kLatency;
    case Place::Processes:
      return kProcesses;
    case Place::Observers:
      return kObservers;
    case Place::Lost:
    case Place::Nowhere:
      break;
  }
  return {};
}

}  // namespace

const Field* field_named(Place place, std::string_view name) {
  for (const Field& field : fields_of(place)) {
    if (field.name == name) {
      return &field;
    }
  }
  return nullptr;
}

std::uint64_t count_of(double number) {
  constexpr double kLimit = 9e15;  // below 2^53: exact
  return number > 0 && number < kLimit ? static_cast<std::uint64_t>(number) : 0;
}

std::optional<LineKind> line_kind_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LineKind>, 7> kKinds = {{
      {"start", LineKind::Start},
      {"publish", LineKind::Publish},
      {"reload", LineKind::Reload},
      {"event", LineKind::Event},
      {"reader", LineKind::Reader},
      {"loss", LineKind::Loss},
      {"stop", LineKind::Stop},
  }};
  for (const auto& [one, kind] : kKinds) {
    if (one == name) {
      return kind;
    }
  }
  return std::nullopt;
}

}  // namespace reloadtrace
