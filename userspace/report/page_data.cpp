// SPDX-License-Identifier: Apache-2.0
#include "userspace/report/page_data.h"

#include "userspace/sink/json_text.h"
#include "userspace/sink/text.h"

namespace reloadtrace {
namespace {

double milliseconds(std::int64_t ns) {
  const std::int64_t microseconds = ns / 1000;
  return static_cast<double>(microseconds) / 1000;
}

class Data {
 public:
  explicit Data(JsonText& out) : out_(out) {}

  void put(const PublishStory& publish) {
    out_.field("at", milliseconds(publish.at));
    name("node", publish.node);
    name("kind", publish.volume_kind);
    name("name", publish.volume_name);
    name("pod", publish.pod);
    name("host_path", publish.host_path);
    name("from", publish.from);
    name("to", publish.to);
    name("version", publish.version);
    name("writer", publish.writer);
    out_.list("changed", publish.changed, [&](Names::Id changed) { out_.put(changed); });
  }

  void put(const VerdictStory& verdict) {
    out_.field("publish", verdict.publish).field("at", milliseconds(verdict.at));
    name("verdict", verdict.verdict);
    name("cause", verdict.cause);
    name("evidence", verdict.evidence);
    name("advice", verdict.advice);
    if (verdict.degraded) {
      out_.field("degraded", true);
    }
    name("pod", verdict.pod);
    name("reader", verdict.reader);
    name("container", verdict.container);
    name("path", verdict.path);
    name("process", verdict.process);
    name("exe", verdict.exe);
    name("trigger", verdict.trigger);
    name("detail", verdict.trigger_detail);
    latency("notified", verdict.latency.notified);
    latency("opened", verdict.latency.opened);
    latency("read", verdict.latency.read);
    if (!verdict.processes.empty()) {
      out_.list("processes", verdict.processes, [&](const auto& one) {
        out_.object([&] {
          name("process", one.first);
          name("state", one.second);
        });
      });
    }
    if (!verdict.observers.empty()) {
      out_.list("observers", verdict.observers, [&](Names::Id one) { out_.put(one); });
    }
  }

  void put(const LossStory& loss) {
    name("node", loss.node);
    if (loss.since != 0) {
      out_.field("since", milliseconds(loss.since));
    }
    if (loss.until != 0) {
      out_.field("until", milliseconds(loss.until));
    }
    out_.list("lost", loss.lost, [&](const auto& one) {
      out_.object([&] {
        name("cause", one.first);
        out_.field("count", one.second);
      });
    });
  }

 private:
  void name(std::string_view key, Names::Id id) {
    if (id != 0) {
      out_.field(key, id);
    }
  }
  void latency(std::string_view key, const std::optional<double>& value) {
    if (value) {
      out_.field(key, *value);
    }
  }

  JsonText& out_;
};

}  // namespace

std::string page_data(const History& history, std::string_view source, std::string_view version) {
  JsonText out;
  Data data(out);
  const auto put = [&](const auto& one) { out.object([&] { data.put(one); }); };
  out.object([&] {
    out.field("source", printable(source, Charset::Utf8)).field("version", version);
    out.list("strings", history.names().all(), [&](const std::string& text) { out.put(text); });
    out.list("publishes", history.publishes(), put);
    out.list("verdicts", history.verdicts(), put);
    out.list("losses", history.losses(), put);
  });
  std::string safe;
  safe.reserve(out.view().size());
  for (const char c : out.view()) {
    // Only strings have it, and there it may be written so.
    c == '<' ? safe.append("\\u003c") : safe.append(1, c);
  }
  return safe;
}

}  // namespace reloadtrace
