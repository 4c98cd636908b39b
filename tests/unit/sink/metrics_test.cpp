// SPDX-License-Identifier: Apache-2.0
// The numbers as Prometheus scrapes them, letter by letter.
#include "userspace/sink/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "tests/unit/sink/reports.h"

namespace reloadtrace {
namespace {

using namespace reloadtrace::test;

// The lines of one family: its samples, without HELP and TYPE.
std::string samples(const std::string& text, const std::string& family) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto end = line.find_first_of(" {");
    if (line.substr(0, end) == family) {
      out += line + "\n";
    }
  }
  return out;
}

PublishReport published() {
  return {configmap(), publish(), 2, "engine-7d9f", "risk"};
}

TEST(Metrics, are_this_text_when_nothing_has_happened) {
  Metrics metrics;
  EXPECT_TRUE(metrics.write(start()));
  EXPECT_EQ(metrics.text({}, {}),
            R"(# HELP reloadtrace_build_info Version of reloadtrace and of the kernel.
# TYPE reloadtrace_build_info gauge
reloadtrace_build_info{version="1.0",kernel="6.12.117"} 1
# HELP reloadtrace_publishes_total New generations of config volumes that became visible.
# TYPE reloadtrace_publishes_total counter
# HELP reloadtrace_reloads_total Verdicts, one for each publish and reader; a late one follows a stale one.
# TYPE reloadtrace_reloads_total counter
# HELP reloadtrace_propagation_seconds From the publish to the end of the reread.
# TYPE reloadtrace_propagation_seconds histogram
reloadtrace_propagation_seconds_bucket{le="0.001"} 0
reloadtrace_propagation_seconds_bucket{le="0.0025"} 0
reloadtrace_propagation_seconds_bucket{le="0.005"} 0
reloadtrace_propagation_seconds_bucket{le="0.01"} 0
reloadtrace_propagation_seconds_bucket{le="0.025"} 0
reloadtrace_propagation_seconds_bucket{le="0.05"} 0
reloadtrace_propagation_seconds_bucket{le="0.1"} 0
reloadtrace_propagation_seconds_bucket{le="0.25"} 0
reloadtrace_propagation_seconds_bucket{le="0.5"} 0
reloadtrace_propagation_seconds_bucket{le="1"} 0
reloadtrace_propagation_seconds_bucket{le="2.5"} 0
reloadtrace_propagation_seconds_bucket{le="5"} 0
reloadtrace_propagation_seconds_bucket{le="10"} 0
reloadtrace_propagation_seconds_bucket{le="30"} 0
reloadtrace_propagation_seconds_bucket{le="60"} 0
reloadtrace_propagation_seconds_bucket{le="120"} 0
reloadtrace_propagation_seconds_bucket{le="300"} 0
reloadtrace_propagation_seconds_bucket{le="+Inf"} 0
reloadtrace_propagation_seconds_sum 0
reloadtrace_propagation_seconds_count 0
# HELP reloadtrace_readers Containers and processes that use a config volume.
# TYPE reloadtrace_readers gauge
# HELP reloadtrace_current_readers Readers that have read the newest generation of all their volumes.
# TYPE reloadtrace_current_readers gauge
# HELP reloadtrace_behind_readers Readers that have not been seen to read the newest generation of some volume (yet).
# TYPE reloadtrace_behind_readers gauge
# HELP reloadtrace_stale_readers Readers that were found stale, partial or torn, and have not reread since.
# TYPE reloadtrace_stale_readers gauge
# HELP reloadtrace_consistency_ratio Readers on the newest generation of their volumes / readers of which that is known; 1 without any.
# TYPE reloadtrace_consistency_ratio gauge
reloadtrace_consistency_ratio 1
# HELP reloadtrace_events_total Events that the kernel side reported.
# TYPE reloadtrace_events_total counter
# HELP reloadtrace_events_lost_total Events that were lost; verdicts on what they may have shown are unknown.
# TYPE reloadtrace_events_lost_total counter
# HELP reloadtrace_reports_dropped_total Lines that were not put out, for whoever reads them is too slow; no verdict is touched by that.
# TYPE reloadtrace_reports_dropped_total counter
reloadtrace_reports_dropped_total 0
# HELP reloadtrace_hooks_shed Hooks given up because the BPF programs cost more than --max-overhead allows; what depends on them is unknown or degraded.
# TYPE reloadtrace_hooks_shed gauge
reloadtrace_hooks_shed 0
)");
}

TEST(Metrics, count_publishes_and_verdicts_by_what_may_be_a_label) {
  Metrics metrics;
  for (const Report& report :
       {Report(published()), Report(reloaded()), Report(stale()), Report(stale())}) {
    EXPECT_TRUE(metrics.write(report));
  }
  const std::string text = metrics.text({}, {});
  EXPECT_EQ(samples(text, "reloadtrace_publishes_total"),
            "reloadtrace_publishes_total{namespace=\"risk\",volume_kind=\"configmap\"} 1\n");
  EXPECT_EQ(samples(text, "reloadtrace_reloads_total"),
            "reloadtrace_reloads_total{namespace=\"risk\",verdict=\"reloaded\",cause=\"\","
            "trigger=\"inotify\"} 1\n"
            "reloadtrace_reloads_total{namespace=\"risk\",verdict=\"stale\",cause=\"no_watcher\","
            "trigger=\"\"} 2\n");
}

TEST(Metrics, put_latencies_into_cumulative_buckets_with_their_bounds) {
  Metrics metrics;
  ReloadReport report = reloaded();
  for (const Duration latency :
       {Duration(1'000'000), Duration(1'000'001), Duration(400'000'000'000)}) {
    report.latency.read = latency;
    EXPECT_TRUE(metrics.write(report));
  }
  EXPECT_TRUE(metrics.write(stale()));  // never reread: no latency
  const std::string text = metrics.text({}, {});
  const std::string buckets = samples(text, "reloadtrace_propagation_seconds_bucket");
  EXPECT_NE(buckets.find("{le=\"0.001\"} 1\n"), std::string::npos) << buckets;
  EXPECT_NE(buckets.find("{le=\"0.0025\"} 2\n"), std::string::npos) << buckets;
  EXPECT_NE(buckets.find("{le=\"300\"} 2\n"), std::string::npos) << buckets;
  EXPECT_NE(buckets.find("{le=\"+Inf\"} 3\n"), std::string::npos) << buckets;
  EXPECT_EQ(samples(text, "reloadtrace_propagation_seconds_count"),
            "reloadtrace_propagation_seconds_count 3\n");
  EXPECT_EQ(samples(text, "reloadtrace_propagation_seconds_sum"),
            "reloadtrace_propagation_seconds_sum 400.002000001\n");
}

TEST(Metrics, add_the_readers_of_a_namespace_and_compare_those_that_are_known) {
  const Census census = {
      {{"a", "one"}, {3, 1, 1, 1}}, {{"a", "two"}, {1, 1, 0, 0}}, {{"", ""}, {1, 1, 0, 0}}};
  const std::string text = Metrics().text(census, {});
  EXPECT_EQ(samples(text, "reloadtrace_readers"),
            "reloadtrace_readers{namespace=\"\"} 1\nreloadtrace_readers{namespace=\"a\"} 4\n");
  EXPECT_EQ(samples(text, "reloadtrace_current_readers"),
            "reloadtrace_current_readers{namespace=\"\"} "
            "1\nreloadtrace_current_readers{namespace=\"a\"} 2\n");
  EXPECT_EQ(samples(text, "reloadtrace_behind_readers"),
            "reloadtrace_behind_readers{namespace=\"\"} "
            "0\nreloadtrace_behind_readers{namespace=\"a\"} 1\n");
  EXPECT_EQ(samples(text, "reloadtrace_stale_readers"),
            "reloadtrace_stale_readers{namespace=\"\"} "
            "0\nreloadtrace_stale_readers{namespace=\"a\"} 1\n");
  EXPECT_EQ(samples(text, "reloadtrace_consistency_ratio"), "reloadtrace_consistency_ratio 0.75\n");
}

TEST(Metrics, add_up_what_was_lost_and_say_what_came) {
  Metrics metrics;
  EXPECT_TRUE(metrics.write(loss()));
  EXPECT_TRUE(metrics.write(loss()));
  EXPECT_TRUE(metrics.write(drop()));
  EXPECT_TRUE(metrics.write(stop()));  // repeats the totals: not to be counted again
  const NamedCount events[] = {{"open", 12}, {"read", 34}};
  const std::string text = metrics.text({}, events);
  EXPECT_EQ(samples(text, "reloadtrace_events_lost_total"),
            "reloadtrace_events_lost_total{cause=\"map_full\"} 80\n"
            "reloadtrace_events_lost_total{cause=\"ring_full\"} 2400\n");
  EXPECT_EQ(samples(text, "reloadtrace_reports_dropped_total"),
            "reloadtrace_reports_dropped_total 12\n");
  EXPECT_EQ(samples(text, "reloadtrace_events_total"),
            "reloadtrace_events_total{event=\"open\"} 12\n"
            "reloadtrace_events_total{event=\"read\"} 34\n");
}

TEST(Metrics, name_no_pod_process_path_or_generation_unless_asked_for_pods) {
  Metrics metrics;
  Metrics per_pod(true);
  const Census census = {{{"risk", "engine-7d9f"}, {1, 1, 0, 0}}};
  for (Metrics* one : {&metrics, &per_pod}) {
    for (const Report& report :
         {Report(published()), Report(reloaded()), Report(opened(secret()))}) {
      EXPECT_TRUE(one->write(report));
    }
  }
  const std::string text = metrics.text(census, {});
  for (const char* unbounded :
       {"engine-7d9f", "1234", "java", "/etc", "..2026", "app.yaml", "c0ffee"}) {
    EXPECT_EQ(text.find(unbounded), std::string::npos) << unbounded << " in\n" << text;
  }
  const std::string pods = per_pod.text(census, {});
  EXPECT_EQ(samples(pods, "reloadtrace_readers"),
            "reloadtrace_readers{namespace=\"risk\",pod=\"engine-7d9f\"} 1\n");
  EXPECT_EQ(samples(pods, "reloadtrace_publishes_total"),
            "reloadtrace_publishes_total{namespace=\"risk\",volume_kind=\"configmap\","
            "pod=\"engine-7d9f\"} 1\n");
}

TEST(Metrics, stay_bounded_with_ever_new_pods) {
  Metrics metrics(true);
  ReloadReport report = reloaded();
  constexpr std::size_t kMore = 100;
  for (std::size_t i = 0; i < Metrics::kMaxSeries + kMore; ++i) {
    report.reader.pod = "pod-" + std::to_string(i);
    EXPECT_TRUE(metrics.write(report));
  }
  const std::string lines = samples(metrics.text({}, {}), "reloadtrace_reloads_total");
  EXPECT_EQ(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')),
            Metrics::kMaxSeries + 1);
  EXPECT_NE(lines.find("verdict=\"other\",cause=\"other\",trigger=\"other\"} 100\n"),
            std::string::npos);
}

TEST(Metrics, escape_what_a_label_must_not_hold) {
  Metrics metrics;
  StartReport report = start();
  report.kernel = "6.1 \"x\\y\"\nz";
  EXPECT_TRUE(metrics.write(report));
  EXPECT_EQ(samples(metrics.text({}, {}), "reloadtrace_build_info"),
            "reloadtrace_build_info{version=\"1.0\",kernel=\"6.1 \\\"x\\\\y\\\"\\nz\"} 1\n");
}

TEST(Metrics, show_what_the_programs_cost_only_when_that_was_sampled) {
  Metrics metrics;
  EXPECT_EQ(metrics.text({}, {}).find("reloadtrace_bpf"), std::string::npos);
  metrics.set_cost({2.5, {{"on_exit", 0, 0}, {"on_syscall", 1000, 52'000'000}}});
  const std::string text = metrics.text({}, {});
  EXPECT_EQ(samples(text, "reloadtrace_bpf_runs_total"),
            "reloadtrace_bpf_runs_total{program=\"on_exit\"} 0\n"
            "reloadtrace_bpf_runs_total{program=\"on_syscall\"} 1000\n");
  EXPECT_EQ(samples(text, "reloadtrace_bpf_run_seconds_total"),
            "reloadtrace_bpf_run_seconds_total{program=\"on_exit\"} 0\n"
            "reloadtrace_bpf_run_seconds_total{program=\"on_syscall\"} 0.052\n");
  EXPECT_EQ(samples(text, "reloadtrace_bpf_counted_seconds_total"),
            "reloadtrace_bpf_counted_seconds_total 2.5\n");
}

TEST(Metrics, count_the_hooks_that_were_shed) {
  Metrics metrics;
  EXPECT_TRUE(metrics.write(shed()));
  EXPECT_EQ(samples(metrics.text({}, {}), "reloadtrace_hooks_shed"), "reloadtrace_hooks_shed 1\n");
}

}  // namespace
}  // namespace reloadtrace
