// SPDX-License-Identifier: Apache-2.0
// Lines as nodes write them, told to a fleet.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "userspace/compare/fleet.h"
#include "userspace/lines/line_parser.h"
#include "userspace/sink/json_sink.h"

namespace reloadtrace::testing {

using namespace std::chrono_literals;

// 12:00:00 of some day; nodes publish within seconds of each other.
inline constexpr Timestamp kNoon{1'764'072'000'000'000'000};

// One pod on one node, with a container `app` that mounts the volume `config`.
struct Told {
  std::string node = "n1";
  std::string pod = "web-1";
  std::string volume = "config";
  std::string pod_namespace = "shop";
  std::string container = "app";

  PublishReport publish(Duration after, const std::string& version, std::size_t readers) const {
    PublishReport report;
    report.publish = generation(after, version);
    report.volume = volume_info();
    report.readers = readers;
    return report;
  }

  ReloadReport verdict(Duration after, Verdict verdict, const std::string& version = "") const {
    ReloadReport report;
    report.at = kNoon + after + 1s;
    report.verdict = verdict;
    if (verdict == Verdict::Stale) {
      report.cause = Cause::NoWatcher;
    }
    report.evidence = "seen";
    report.volume = volume_info();
    report.publish = generation(after, version);
    report.reader.container = true;
    report.reader.pod_namespace = pod_namespace;
    report.reader.pod = pod;
    report.reader.name = container;
    report.reader.container_id = "c0ffee" + pod;
    report.reader.pod_uid = "uid-" + pod;
    return report;
  }

  PublishInfo generation(Duration after, const std::string& version) const {
    PublishInfo info;
    info.at = kNoon + after;
    info.to = "..on_" + node + "_" + std::to_string(after.count());
    info.config_version = version;
    return info;
  }

  VolumeInfo volume_info() const {
    VolumeInfo info;
    info.kind = "configmap";
    info.name = volume;
    info.path = "/etc/config";
    info.host_path = "/var/lib/kubelet/pods/uid-" + pod + "/" + volume;
    info.pod_uid = "uid-" + pod;
    return info;
  }
};

class ToldFleet {
 public:
  ToldFleet& tell(const std::string& node, const Report& report) {
    return tell_text(json_line(report, {node, 0}));
  }
  ToldFleet& tell(const Told& told,
                  Duration after,
                  Verdict verdict,
                  const std::string& version = "") {
    return tell(told.node, told.verdict(after, verdict, version));
  }
  ToldFleet& tell_text(const std::string& text) {
    const auto parsed = parser_.parse(text);
    if (!std::holds_alternative<const Line*>(parsed)) {
      throw std::runtime_error("no line: " + text);
    }
    fleet_.observe(*std::get<const Line*>(parsed));
    return *this;
  }
  Comparison conclude() const { return fleet_.conclude(); }

 private:
  LineParser parser_;
  Fleet fleet_;
};

}  // namespace reloadtrace::testing
