// SPDX-License-Identifier: Apache-2.0
// How fast lines are made and written.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "userspace/sink/json_sink.h"
#include "userspace/sink/metrics.h"
#include "userspace/sink/output.h"

namespace reloadtrace {
namespace {

constexpr Timestamp kBegin{1'000'000'000};

// As a node with a busy deployment has it: one container, one file, read by two processes.
ReloadReport a_reload() {
  ReloadReport report;
  report.at = kBegin + std::chrono::milliseconds(2);
  report.verdict = Verdict::Reloaded;
  report.evidence = "read app.yaml (812 of 812 bytes) 2.4 ms after the swap";
  report.volume = {"configmap", "config", "/etc/config",
                   "/var/lib/kubelet/pods/7d9f3c5e-0b4e-4c7e-9a53-1f0e6c2a8b11/volumes/"
                   "kubernetes.io~configmap/config",
                   "7d9f3c5e-0b4e-4c7e-9a53-1f0e6c2a8b11"};
  report.reader.container = true;
  report.reader.name = "engine";
  report.reader.container_id = std::string(64, 'a');
  report.reader.pod = "checkout-7d9f-x7k2p";
  report.reader.pod_namespace = "shop";
  report.reader.pod_uid = report.volume.pod_uid;
  report.process = ProcessInfo{4711, "java", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java"};
  report.publish = {kBegin,
                    "..2026_11_25_07_53_25.3306548",
                    "..2026_11_25_07_53_27.3470836194",
                    {900, "kubelet", {}},
                    {{"app.yaml", "modified"}}};
  report.trigger = TriggerInfo{TriggerKind::Inotify, "IN_MOVED_TO ..data"};
  report.latency = {std::chrono::microseconds(400), std::chrono::microseconds(2100),
                    std::chrono::microseconds(2400)};
  report.files = {{"app.yaml", report.publish.to, 812, 812, true}};
  return report;
}

void json_lines_to_a_file(benchmark::State& state) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / "reloadtrace-sink-bench.jsonl";
  std::filesystem::remove(path);
  auto output = Output::open(path.string());
  if (!output) {
    state.SkipWithError(output.error().message.c_str());
    return;
  }
  JsonSink sink(*output);
  const Report report = a_reload();
  for ([[maybe_unused]] auto _ : state) {
    if (!sink.write(report)) {
      state.SkipWithError("a line could not be written");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(std::filesystem::file_size(path)));
  std::filesystem::remove(path);
}
BENCHMARK(json_lines_to_a_file);

// With a label for each pod, which is the most that --metrics can be asked for.
void metrics_page_of_1000_pods(benchmark::State& state) {
  Metrics metrics(/*per_pod=*/true);
  Census census;
  ReloadReport report = a_reload();
  for (int pod = 0; pod < 1000; ++pod) {
    report.reader.pod = "checkout-" + std::to_string(pod);
    if (!metrics.write(report)) {
      state.SkipWithError("a report was not counted");
      return;
    }
    census[{"shop", report.reader.pod}] = {1, 1, 0, 0};
  }
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(metrics.text(census, {}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(metrics_page_of_1000_pods)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace reloadtrace

BENCHMARK_MAIN();
