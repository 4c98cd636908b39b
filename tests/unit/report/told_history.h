// SPDX-License-Identifier: Apache-2.0
// A history from what the JSON sink writes.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "userspace/lines/line_parser.h"
#include "userspace/report/history.h"
#include "userspace/sink/json_sink.h"

namespace reloadtrace::testing {

using namespace std::chrono_literals;

inline constexpr Timestamp kNoon{1'764'072'000'000'000'000};  // 2025-11-25T12:00:00Z

inline ReloadReport reload(Duration published,
                           Verdict verdict,
                           const std::string& container = "app") {
  ReloadReport report;
  report.verdict = verdict;
  report.at = kNoon + published + 5s;
  report.evidence = "seen";
  if (verdict == Verdict::Stale) {
    report.cause = Cause::NoWatcher;
    report.advice = "tell it";
  } else {
    report.latency = {1ms, 2ms, 4ms};
    report.trigger = TriggerInfo{TriggerKind::Inotify, "IN_MOVED_TO ..data"};
  }
  report.volume = {"configmap", "config", "/etc/config", "/v/web-1/config", "uid"};
  report.publish.at = kNoon + published;
  report.publish.from = "..1";
  report.publish.to = "..2";
  report.publish.writer = {900, "kubelet", ""};
  report.publish.changed = {{"app.yaml", "modified"}};
  report.reader.container = true;
  report.reader.pod_namespace = "shop";
  report.reader.pod = "web-1";
  report.reader.name = container;
  report.reader.container_id = std::string(64, 'c');
  report.reader.pod_uid = "uid";
  report.process = ProcessInfo{1234, "java", "/usr/bin/java"};
  return report;
}

inline PublishReport publish(Duration published) {
  const ReloadReport same = reload(published, Verdict::Reloaded);
  PublishReport report;
  report.publish = same.publish;
  report.volume = same.volume;
  report.volume.path = same.volume.host_path;
  report.readers = 1;
  return report;
}

class ToldHistory {
 public:
  ToldHistory& tell(const Report& report, const std::string& node = "n1") {
    return tell_text(json_line(report, {node, 0}));
  }
  ToldHistory& tell_text(const std::string& text) {
    const auto parsed = parser_.parse(text);
    if (!std::holds_alternative<const Line*>(parsed)) {
      throw std::runtime_error("no line: " + text);
    }
    history_.observe(*std::get<const Line*>(parsed));
    return *this;
  }
  const History& arranged() {
    history_.arrange();
    return history_;
  }

 private:
  LineParser parser_;
  History history_;
};

}  // namespace reloadtrace::testing
