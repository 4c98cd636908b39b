// SPDX-License-Identifier: Apache-2.0
// Reports as the engine would make them, and outputs that can be read back.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/engine/report.h"
#include "userspace/sink/output.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace::test {

// 2026-11-22T12:00:00Z is second 1000 of this machine's uptime.
inline constexpr std::int64_t kWallOffset = 1'795'348'800'000'000'000 - 1'000'000'000'000;
inline Session session() {
  return {"n1", kWallOffset};
}

// Nanoseconds after 12:00:00.
inline Timestamp at(std::int64_t ns) {
  return {static_cast<std::uint64_t>(1'000'000'000'000 + ns)};
}
inline Timestamp at_ms(std::int64_t ms) {
  return at(ms * 1'000'000);
}

inline constexpr const char* kOld = "..2026_11_19_08_14_55.77";
inline constexpr const char* kNew = "..2026_11_22_12_00_01.491364466";

inline VolumeInfo configmap() {
  return {"configmap", "config", "/etc/config", "/var/lib/kubelet/pods/u1/config", "u1"};
}

inline VolumeInfo secret() {
  return {"secret", "tls", "/etc/tls", "/var/lib/kubelet/pods/u1/tls", "u1"};
}

inline VolumeInfo directory() {
  return {"directory", "conf.d", "/etc/nginx/conf.d", "/etc/nginx/conf.d", ""};
}

inline ReaderInfo container(std::string name, std::uint32_t pid, const std::string& comm) {
  ReaderInfo reader;
  reader.container = true;
  reader.name = std::move(name);
  reader.container_id = "c0ffee";
  reader.pod = "engine-7d9f";
  reader.pod_namespace = "risk";
  reader.pod_uid = "u1";
  reader.process = {pid, comm, "/usr/bin/" + comm};
  return reader;
}

inline ReaderInfo host_process(std::uint32_t pid, const std::string& comm) {
  ReaderInfo reader;
  reader.name = comm;
  reader.process = {pid, comm, "/usr/sbin/" + comm};
  return reader;
}

inline StartReport start() {
  StartReport report;
  report.at = at_ms(0);
  report.wall_offset_ns = kWallOffset;
  report.version = "1.0";
  report.kernel = "6.12.117";
  report.node = "n1";
  report.hooks = {{"open", "tracepoint"}, {"rename", "fentry"}, {"io_uring", "missing"}};
  report.volumes = 24;
  report.readers = 1;
  return report;
}

inline PublishInfo publish() {
  return {
      at_ms(1203), kOld, kNew, {900, "kubelet", "/usr/bin/kubelet"}, {{"app.yaml", "modified"}}};
}

inline ReloadReport verdict(Verdict verdict, ReaderInfo reader, Timestamp when) {
  ReloadReport report;
  report.at = when;
  report.verdict = verdict;
  report.volume = configmap();
  report.process = reader.process;
  report.reader = std::move(reader);
  report.publish = publish();
  return report;
}

inline ReloadReport reloaded() {
  ReloadReport report =
      verdict(Verdict::Reloaded, container("app", 1234, "java"), at(1'205'400'789));
  report.evidence = "read app.yaml (812 of 812 bytes) 2.4 ms after the swap";
  report.trigger = TriggerInfo{TriggerKind::Inotify, "IN_MOVED_TO ..data"};
  report.latency = {Duration(412'345), Duration(2'100'000), Duration(2'400'789)};
  report.files = {{"app.yaml", kNew, 812, 812, true}};
  report.observers = {{4321, "cat", "/bin/cat"}};
  return report;
}

inline ReloadReport stale() {
  ReloadReport report =
      verdict(Verdict::Stale, container("sidecar", 2210, "nginx"), at_ms(121'203));
  report.cause = Cause::NoWatcher;
  report.evidence = "last read 3 d ago, watches nothing, got no signal";
  report.advice = "send SIGHUP after the swap, or run a reloader sidecar";
  return report;
}

inline EventReport opened(VolumeInfo volume) {
  EventReport report;
  report.at = at_ms(1204);
  report.event = "open";
  report.volume = std::move(volume);
  report.reader = container("app", 1234, "java");
  report.process = report.reader->process;
  report.text = {{"file", "app.yaml"}, {"generation", "..new"}};
  report.numbers = {{"fd", 7}, {"size", 812}};
  return report;
}

inline ReaderReport reader() {
  ReaderReport report;
  report.at = at_ms(500);
  report.reader = container("app", 1234, "java");
  report.volume = configmap();
  report.can_reload = "yes";
  report.evidence = "watches the volume's root";
  report.watches = {{".", "root", "IN_MOVED_TO|IN_CREATE", 1234}};
  return report;
}

inline DropReport drop() {
  return {at_ms(60'000), at_ms(59'000), at_ms(60'000), 12};
}

inline ShedReport shed() {
  return {at_ms(60'000), "poll", 7.25, 1};
}

inline LossReport loss() {
  LossReport report;
  report.at = at_ms(60'000);
  report.since = at_ms(56'800);
  report.until = at_ms(60'000);
  report.lost = {{"ring_full", 1200}, {"map_full", 40}};
  return report;
}

inline StopReport stop() {
  StopReport report;
  report.at = at_ms(600'000);
  report.totals = {{"reloaded", 8}, {"stale", 2}, {"pending", 1}};
  return report;
}

// An output into memory.
class Captured {
 public:
  Captured() : fd_(::memfd_create("captured", MFD_CLOEXEC)), output_(Output::of(duplicate())) {}

  Output& output() { return output_; }

  // What came since the last call.
  std::string take() {
    std::string text;
    char chunk[4096];
    for (ssize_t n; (n = ::pread(fd_.get(), chunk, sizeof chunk, read_)) > 0; read_ += n) {
      text.append(chunk, static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  UniqueFd duplicate() const { return UniqueFd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3)); }

  UniqueFd fd_;
  Output output_;
  off_t read_ = 0;
};

// A directory that goes with the test.
class TempDir {
 public:
  TempDir() {
    std::string name = std::filesystem::temp_directory_path() / "sink_test.XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace reloadtrace::test
