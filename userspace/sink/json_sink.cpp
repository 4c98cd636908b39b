// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/json_sink.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/sink/json_limit.h"
#include "userspace/sink/json_text.h"
#include "userspace/sink/secrecy.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kMaxLine = 65'536;
constexpr char kOutputQueue[] = "output_queue";

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

// Milliseconds, to the microsecond.
std::optional<double> milliseconds(const std::optional<Duration>& latency) {
  if (!latency) {
    return std::nullopt;
  }
  return std::round(static_cast<double>(latency->count()) / 1e3) / 1e3;
}

std::optional<std::string_view> name_of_cause(const std::optional<Cause>& cause) {
  return cause ? std::optional(name_of(*cause)) : std::nullopt;
}

// Writes one report, the common fields first.
class LineWriter {
 public:
  LineWriter(JsonText& out, const Session& session) : out_(out), session_(session) {}

  void operator()(const StartReport& start) {
    common("start", start.at);
    out_.field("version", start.version).field("kernel", start.kernel);
    out_.object("hooks", [&] {
      for (const auto& [name, tier] : start.hooks) {
        out_.field(name, tier);
      }
    });
    out_.field("volumes", start.volumes).field("readers", start.readers);
  }

  void operator()(const PublishReport& report) {
    const PublishInfo& publish = report.publish;
    common("publish", publish.at);
    volume("volume", report.volume);
    out_.field("from", unless_empty(publish.from)).field("to", publish.to);
    config_version(publish);
    writer(publish.writer);
    out_.list("changed", publish.changed, [&](const ChangedFile& changed) {
      out_.object([&] {
        out_.field("file", changed.file).field("change", changed.change);
        if (changed.keys) {
          keys(*changed.keys);
        }
      });
    });
    out_.field("readers", report.readers);
  }

  void operator()(const ReloadReport& report) {
    common("reload", report.at);
    out_.field("verdict", name_of(report.verdict))
        .field("cause", name_of_cause(report.cause))
        .field("evidence", report.evidence)
        .field("advice", unless_empty(report.advice))
        .field("confidence", report.degraded ? "degraded" : "exact");
    volume("volume", report.volume);
    reader("reader", report.reader);
    process("process", report.process);
    publish("publish", report.publish);
    config_version(report.publish);
    if (report.trigger) {
      out_.object("trigger", [&] {
        out_.field("kind", name_of(report.trigger->kind))
            .field("detail", unless_empty(report.trigger->detail));
      });
    } else {
      out_.field("trigger", nullptr);
    }
    out_.object("latency_ms", [&] {
      out_.field("notified", milliseconds(report.latency.notified))
          .field("opened", milliseconds(report.latency.opened))
          .field("read", milliseconds(report.latency.read));
    });
    const bool secret = is_secret(report.volume);
    files(report.files, secret);
    out_.list("processes", report.processes,
              [&](const ProcessUse& use) { out_.object([&] { process_use(use, secret); }); });
    out_.list("observers", report.observers,
              [&](const ProcessInfo& one) { out_.object([&] { bystander(one); }); });
  }

  void operator()(const EventReport& report) {
    common("event", report.at);
    report.volume ? volume("volume", *report.volume) : nothing("volume");
    report.reader ? reader("reader", *report.reader) : nothing("reader");
    process("process", report.process);
    out_.field("event", report.event);
    std::vector<std::string_view> taken = {"schema", "kind",   "time",    "node",
                                           "volume", "reader", "process", "event"};
    // A detail never replaces a field of the line.
    const auto detail = [&](const std::string& name, const auto& value) {
      if (std::ranges::find(taken, name) != taken.end()) {
        out_.field("detail_" + name, value);
      } else {
        taken.push_back(name);
        out_.field(name, value);
      }
    };
    for (const auto& [name, text] : report.text) {
      detail(name, text);
    }
    const bool secret = report.volume && is_secret(*report.volume);
    for (const auto& [name, number] : report.numbers) {
      detail(name, secret && may_tell_size(name) ? std::nullopt : std::optional(number));
    }
  }

  void operator()(const ReaderReport& report) {
    common("reader", report.at);
    reader("reader", report.reader);
    volume("volume", report.volume);
    out_.field("can_reload", report.can_reload)
        .field("cause", name_of_cause(report.cause))
        .field("evidence", report.evidence)
        .field("advice", unless_empty(report.advice));
    out_.list("watches", report.watches, [&](const WatchInfo& watch) {
      out_.object([&] {
        out_.field("target", watch.target)
            .field("kind", watch.kind)
            .field("mask", watch.mask)
            .field("pid", watch.pid);
      });
    });
    process("process", report.process);
    out_.list("programs", report.programs,
              [&](const ProgramInfo& one) { out_.object([&] { program(one); }); });
  }

  void operator()(const LossReport& report) {
    common("loss", report.at);
    counts("lost", report.lost);
    out_.field("since", time(report.since)).field("until", time(report.until));
  }

  void operator()(const ShedReport& report) {
    common("shed", report.at);
    out_.field("hook", report.hook)
        .field("cpu_percent", report.cpu_percent)
        .field("max_percent", report.max_percent);
  }

  // For those who count what is missing it is one more cause.
  void operator()(const DropReport& report) {
    common("loss", report.at);
    counts("lost", {{kOutputQueue, report.reports}});
    out_.field("since", time(report.since)).field("until", time(report.until));
  }

  void operator()(const StopReport& report) {
    common("stop", report.at);
    counts("totals", report.totals);
    auto lost = report.lost;
    if (report.dropped > 0) {
      lost[kOutputQueue] = report.dropped;
    }
    counts("lost", lost);
  }

 private:
  void common(std::string_view kind, Timestamp at) {
    out_.field("schema", 1)
        .field("kind", kind)
        .field("time", rfc3339(at, session_.wall_offset_ns))
        .field("node", session_.node);
  }

  void nothing(std::string_view name) { out_.field(name, nullptr); }

  std::optional<std::string> time(Timestamp at) const {
    return at ? std::optional(rfc3339(at, session_.wall_offset_ns)) : std::nullopt;
  }

  void volume(std::string_view name, const VolumeInfo& volume) {
    out_.object(name, [&] {
      out_.field("kind", volume.kind)
          .field("name", volume.name)
          .field("path", unless_empty(volume.path))
          .field("host_path", unless_empty(volume.host_path))
          .field("pod_uid", unless_empty(volume.pod_uid));
    });
  }

  void reader(std::string_view name, const ReaderInfo& reader) {
    out_.object(name, [&] {
      if (!reader.container) {
        out_.field("kind", "process")
            .field("pid", reader.process.pid)
            .field("comm", reader.process.comm.empty() ? reader.name : reader.process.comm)
            .field("exe", unless_empty(reader.process.exe));
        return;
      }
      out_.field("kind", "container")
          .field("namespace", unless_empty(reader.pod_namespace))
          .field("pod", unless_empty(reader.pod))
          .field("container", unless_empty(reader.name))
          .field("container_id", unless_empty(reader.container_id))
          .field("pod_uid", unless_empty(reader.pod_uid));
      if (reader.restarts > 0) {
        out_.field("restarts", reader.restarts);
      }
    });
  }

  void process(std::string_view name, const std::optional<ProcessInfo>& process) {
    if (!process) {
      return nothing(name);
    }
    out_.object(name, [&] { bystander(*process).field("exe", unless_empty(process->exe)); });
  }

  // Those of whom only the name matters: writers and observers.
  JsonText& bystander(const ProcessInfo& process) {
    return out_.field("pid", process.pid).field("comm", process.comm);
  }

  void writer(const ProcessInfo& writer) {
    if (writer.pid == 0) {
      return nothing("writer");
    }
    out_.object("writer", [&] { bystander(writer); });
  }

  void publish(std::string_view name, const PublishInfo& publish) {
    out_.object(name, [&] {
      out_.field("time", time(publish.at))
          .field("from", unless_empty(publish.from))
          .field("to", publish.to);
      writer(publish.writer);
      out_.list("changed", publish.changed,
                [&](const ChangedFile& changed) { out_.put(changed.file); });
    });
  }

  // Of two values one may be empty; that there are any, --diff values says.
  void keys(const ChangedKeys& changed) {
    if (!changed.not_compared.empty()) {
      out_.field("not_compared", changed.not_compared);
      return;
    }
    out_.field("pseudo", changed.pseudo);
    out_.list("keys", changed.keys, [&](const ChangedKey& key) {
      out_.object([&] {
        out_.field("key", key.key).field("change", key.change);
        if (!key.before.empty() || !key.after.empty()) {
          out_.field("before", key.before).field("after", key.after);
        }
      });
    });
    if (changed.more != 0) {
      out_.field("more_keys", changed.more);
    }
    if (changed.ignored != 0) {
      out_.field("ignored_keys", changed.ignored);
    }
  }

  void config_version(const PublishInfo& publish) {
    if (!publish.config_version.empty()) {
      out_.field("config_version", publish.config_version);
    }
  }

  void files(const std::vector<FileRead>& files, bool secret) {
    out_.list("files", files, [&](const FileRead& read) {
      out_.object([&] {
        out_.field("file", read.file)
            .field("generation", read.generation)
            .field("bytes", secret ? std::nullopt : std::optional(read.bytes))
            .field("size", secret ? std::nullopt : std::optional(read.size))
            .field("complete", read.complete);
      });
    });
  }

  void process_use(const ProcessUse& use, bool secret) {
    bystander(use.process)
        .field("exe", unless_empty(use.process.exe))
        .field("state", name_of(use.state))
        .field("started_after_publish", use.began_after);
    files(use.files, secret);
    out_.list("holds", use.holds, [&](const std::string& held) { out_.put(held); });
  }

  void program(const ProgramInfo& program) {
    bystander(program.process)
        .field("runtime", program.runtime)
        .field("version", unless_empty(program.version))
        .field("main_package", unless_empty(program.main_package));
    out_.list("modules", program.modules, [&](const auto& module) {
      out_.object(
          [&] { out_.field("path", module.first).field("version", unless_empty(module.second)); });
    });
    out_.list("handles", program.handles, [&](const std::string& one) { out_.put(one); });
  }

  void counts(std::string_view name, const std::map<std::string, std::uint64_t>& counts) {
    out_.object(name, [&] {
      for (const auto& [one, count] : counts) {
        out_.field(one, count);
      }
    });
  }

  JsonText& out_;
  const Session& session_;
};

// Into `out`; what it returns is valid until `out` or `cut` change.
std::string_view write_line(const Report& report,
                            const Session& session,
                            JsonText& out,
                            std::string& cut) {
  out.clear();
  out.object([&] { std::visit(LineWriter(out, session), report); });
  out.end_line();
  if (out.view().size() <= kMaxLine) {
    return out.view();
  }
  auto line = nlohmann::ordered_json::parse(out.view());
  cut = dump_within(line, kMaxLine);
  return cut;
}

}  // namespace

std::string json_line(const Report& report, const Session& session) {
  JsonText out;
  std::string cut;
  return std::string(write_line(report, session, out, cut));
}

JsonSink::JsonSink(Output& output, Session session)
    : output_(output), session_(std::move(session)), text_(std::make_unique<JsonText>()) {}

JsonSink::~JsonSink() = default;

Result<> JsonSink::write(const Report& report) {
  if (const auto* start = std::get_if<StartReport>(&report)) {
    session_ = {start->node, start->wall_offset_ns};
  }
  std::string cut;
  return output_.write(write_line(report, session_, *text_, cut));
}

}  // namespace reloadtrace
