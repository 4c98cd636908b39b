// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/json_sink.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "userspace/sink/json_limit.h"
#include "userspace/sink/secrecy.h"

namespace reloadtrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxLine = 65'536;

// An object field by field: twice as fast as an initializer list, which copies.
class Object {
 public:
  explicit Object(std::size_t fields) { fields_.reserve(fields); }

  template <typename Value>
  Object& add(const char* name, Value&& value) {
    fields_.emplace_back(name, std::forward<Value>(value));
    return *this;
  }
  Json done() { return std::move(fields_); }

 private:
  Json::object_t fields_;
};

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

// Milliseconds, to the microsecond.
Json milliseconds(const std::optional<Duration>& latency) {
  if (!latency) {
    return nullptr;
  }
  return std::round(static_cast<double>(latency->count()) / 1e3) / 1e3;
}

Json volume_json(const VolumeInfo& volume) {
  return Object(5)
      .add("kind", volume.kind)
      .add("name", volume.name)
      .add("path", text_or_null(volume.path))
      .add("host_path", text_or_null(volume.host_path))
      .add("pod_uid", text_or_null(volume.pod_uid))
      .done();
}

Json process_json(const ProcessInfo& process) {
  return Object(3)
      .add("pid", process.pid)
      .add("comm", process.comm)
      .add("exe", text_or_null(process.exe))
      .done();
}

// Those of whom only the name matters: writers and observers.
Json bystander_json(const ProcessInfo& process) {
  return Object(2).add("pid", process.pid).add("comm", process.comm).done();
}

Json writer_json(const ProcessInfo& writer) {
  return writer.pid == 0 ? Json() : bystander_json(writer);
}

Json reader_json(const ReaderInfo& reader) {
  if (!reader.container) {
    return Object(4)
        .add("kind", "process")
        .add("pid", reader.process.pid)
        .add("comm", reader.process.comm.empty() ? reader.name : reader.process.comm)
        .add("exe", text_or_null(reader.process.exe))
        .done();
  }
  Object container(7);
  container.add("kind", "container")
      .add("namespace", text_or_null(reader.pod_namespace))
      .add("pod", text_or_null(reader.pod))
      .add("container", text_or_null(reader.name))
      .add("container_id", text_or_null(reader.container_id))
      .add("pod_uid", text_or_null(reader.pod_uid));
  if (reader.restarts > 0) {
    container.add("restarts", reader.restarts);
  }
  return container.done();
}

Json cause_json(const std::optional<Cause>& cause) {
  return cause ? Json(name_of(*cause)) : Json();
}

template <typename T, typename ToJson>
Json list_json(const std::vector<T>& items, ToJson to_json) {
  Json list = Json::array();
  list.get_ref<Json::array_t&>().reserve(items.size());
  for (const T& item : items) {
    list.push_back(to_json(item));
  }
  return list;
}

Json counts_json(const std::map<std::string, std::uint64_t>& counts) {
  Json object = Json::object();
  for (const auto& [name, count] : counts) {
    object[name] = count;
  }
  return object;
}

// Puts the fields of one report behind the common ones.
class LineBuilder {
 public:
  explicit LineBuilder(const Session& session) : session_(session) {}

  Json operator()(const StartReport& start) const {
    Json line = common("start", start.at);
    line["version"] = start.version;
    line["kernel"] = start.kernel;
    Json& hooks = line["hooks"] = Json::object();
    for (const auto& [name, tier] : start.hooks) {
      hooks[name] = tier;
    }
    line["volumes"] = start.volumes;
    line["readers"] = start.readers;
    return line;
  }

  Json operator()(const PublishReport& report) const {
    const PublishInfo& publish = report.publish;
    Json line = common("publish", publish.at);
    line["volume"] = volume_json(report.volume);
    line["from"] = text_or_null(publish.from);
    line["to"] = publish.to;
    add_version(line, publish);
    line["writer"] = writer_json(publish.writer);
    line["changed"] = list_json(publish.changed, [](const ChangedFile& changed) -> Json {
      return Object(2).add("file", changed.file).add("change", changed.change).done();
    });
    line["readers"] = report.readers;
    return line;
  }

  Json operator()(const ReloadReport& report) const {
    Json line = common("reload", report.at);
    line["verdict"] = name_of(report.verdict);
    line["cause"] = cause_json(report.cause);
    line["evidence"] = report.evidence;
    line["advice"] = text_or_null(report.advice);
    line["confidence"] = report.degraded ? "degraded" : "exact";
    line["volume"] = volume_json(report.volume);
    line["reader"] = reader_json(report.reader);
    line["process"] = report.process ? process_json(*report.process) : Json();
    line["publish"] = publish_json(report.publish);
    add_version(line, report.publish);
    line["trigger"] = report.trigger ? trigger_json(*report.trigger) : Json();
    line["latency_ms"] = Object(3)
                             .add("notified", milliseconds(report.latency.notified))
                             .add("opened", milliseconds(report.latency.opened))
                             .add("read", milliseconds(report.latency.read))
                             .done();
    const bool secret = is_secret(report.volume);
    line["files"] =
        list_json(report.files, [&](const FileRead& read) { return file_json(read, secret); });
    line["processes"] = list_json(
        report.processes, [&](const ProcessUse& use) { return process_use_json(use, secret); });
    line["observers"] = list_json(report.observers, bystander_json);
    return line;
  }

  Json operator()(const EventReport& report) const {
    Json line = common("event", report.at);
    line["volume"] = report.volume ? volume_json(*report.volume) : Json();
    line["reader"] = report.reader ? reader_json(*report.reader) : Json();
    line["process"] = process_json(report.process);
    line["event"] = report.event;
    for (const auto& [name, text] : report.text) {
      add_detail(line, name, text);
    }
    const bool secret = report.volume && is_secret(*report.volume);
    for (const auto& [name, number] : report.numbers) {
      add_detail(line, name, secret && may_tell_size(name) ? Json() : Json(number));
    }
    return line;
  }

  Json operator()(const ReaderReport& report) const {
    Json line = common("reader", report.at);
    line["reader"] = reader_json(report.reader);
    line["volume"] = volume_json(report.volume);
    line["can_reload"] = report.can_reload;
    line["cause"] = cause_json(report.cause);
    line["evidence"] = report.evidence;
    line["advice"] = text_or_null(report.advice);
    line["watches"] = list_json(report.watches, [](const WatchInfo& watch) -> Json {
      return {
          {"target", watch.target}, {"kind", watch.kind}, {"mask", watch.mask}, {"pid", watch.pid}};
    });
    line["process"] = report.process ? process_json(*report.process) : Json();
    line["programs"] = list_json(report.programs, program_json);
    return line;
  }

  Json operator()(const LossReport& report) const {
    Json line = common("loss", report.at);
    line["lost"] = counts_json(report.lost);
    line["since"] = time_or_null(report.since);
    line["until"] = time_or_null(report.until);
    return line;
  }

  Json operator()(const StopReport& report) const {
    Json line = common("stop", report.at);
    line["totals"] = counts_json(report.totals);
    line["lost"] = counts_json(report.lost);
    return line;
  }

 private:
  Json common(std::string_view kind, Timestamp at) const {
    Json line = Json::object();
    line.get_ref<Json::object_t&>().reserve(20);
    line["schema"] = 1;
    line["kind"] = kind;
    line["time"] = rfc3339(at, session_.wall_offset_ns);
    line["node"] = session_.node;
    return line;
  }

  Json time_or_null(Timestamp at) const {
    return at ? Json(rfc3339(at, session_.wall_offset_ns)) : Json();
  }

  Json publish_json(const PublishInfo& publish) const {
    return Object(5)
        .add("time", time_or_null(publish.at))
        .add("from", text_or_null(publish.from))
        .add("to", publish.to)
        .add("writer", writer_json(publish.writer))
        .add("changed", list_json(publish.changed,
                                  [](const ChangedFile& changed) { return Json(changed.file); }))
        .done();
  }

  static Json trigger_json(const TriggerInfo& trigger) {
    return Object(2)
        .add("kind", name_of(trigger.kind))
        .add("detail", text_or_null(trigger.detail))
        .done();
  }

  static Json file_json(const FileRead& read, bool secret) {
    return Object(5)
        .add("file", read.file)
        .add("generation", read.generation)
        .add("bytes", secret ? Json() : Json(read.bytes))
        .add("size", secret ? Json() : Json(read.size))
        .add("complete", read.complete)
        .done();
  }

  static Json program_json(const ProgramInfo& program) {
    return Object(7)
        .add("pid", program.process.pid)
        .add("comm", program.process.comm)
        .add("runtime", program.runtime)
        .add("version", text_or_null(program.version))
        .add("main_package", text_or_null(program.main_package))
        .add("modules", list_json(program.modules,
                                  [](const auto& module) {
                                    return Object(2)
                                        .add("path", module.first)
                                        .add("version", text_or_null(module.second))
                                        .done();
                                  }))
        .add("handles",
             list_json(program.handles, [](const std::string& one) { return Json(one); }))
        .done();
  }

  static Json process_use_json(const ProcessUse& use, bool secret) {
    return Object(7)
        .add("pid", use.process.pid)
        .add("comm", use.process.comm)
        .add("exe", text_or_null(use.process.exe))
        .add("state", name_of(use.state))
        .add("started_after_publish", use.began_after)
        .add("files",
             list_json(use.files, [&](const FileRead& read) { return file_json(read, secret); }))
        .add("holds", list_json(use.holds, [](const std::string& held) { return Json(held); }))
        .done();
  }

  static void add_version(Json& line, const PublishInfo& publish) {
    if (!publish.config_version.empty()) {
      line["config_version"] = publish.config_version;
    }
  }

  // A detail never replaces a field of the line.
  static void add_detail(Json& line, const std::string& name, Json value) {
    line[line.contains(name) ? "detail_" + name : name] = std::move(value);
  }

  const Session& session_;
};

}  // namespace

std::string json_line(const Report& report, const Session& session) {
  Json line = std::visit(LineBuilder(session), report);
  return dump_within(line, kMaxLine);
}

JsonSink::JsonSink(Output& output, Session session)
    : output_(output), session_(std::move(session)) {}

Result<> JsonSink::write(const Report& report) {
  if (const auto* start = std::get_if<StartReport>(&report)) {
    session_ = {start->node, start->wall_offset_ns};
  }
  return output_.write(json_line(report, session_));
}

}  // namespace reloadtrace
