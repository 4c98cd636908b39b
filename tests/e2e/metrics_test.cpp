// SPDX-License-Identifier: Apache-2.0
// The endpoint of the real program: scraped by Prometheus itself, judged by promtool.
#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "tests/e2e/story.h"
#include "tests/support/places.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

constexpr const char* kFetch =
    "import sys, urllib.request, urllib.error\n"
    "direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
    "try:\n"
    "  print(direct.open(sys.argv[1], timeout=5).read().decode(), end='')\n"
    "except urllib.error.HTTPError as error:\n"
    "  print(error.code, error.read().decode(), end='')\n";

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    char hex[4];
    std::snprintf(hex, sizeof(hex), "%%%02X", static_cast<unsigned char>(c));
    encoded += hex;
  }
  return encoded;
}

// As Grafana asks it: of all namespaces, for a minute.
std::string without_variables(std::string query) {
  for (const auto& [name, value] :
       {std::pair<std::string, std::string>{"$namespace", ".*"}, {"$__rate_interval", "1m"}}) {
    for (auto at = query.find(name); at != std::string::npos; at = query.find(name)) {
      query.replace(at, name.size(), value);
    }
  }
  return query;
}

class MetricsTest : public Story {
 protected:
  void trace_with_metrics(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--metrics", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    trace(arguments, "1");
    base_ = endpoint(tracer_->process().errors().text());
  }

  // "http://127.0.0.1:43121", from what the tracer said.
  static std::string endpoint(const std::string& said) {
    const auto at = said.find("http://");
    EXPECT_NE(at, std::string::npos) << said;
    return said.substr(at, said.find("/metrics", at) - at);
  }

  std::string get(const std::string& path) const {
    return run_or_throw({{"python3", "-c", kFetch, base_ + path}});
  }

  // Pages are made once a second: waits for one with this text.
  ::testing::AssertionResult comes_to_have(const std::string& text) const {
    std::string page;
    for (int i = 0; i < 30; ++i) {
      page = get("/metrics");
      if (page.find(text) != std::string::npos) {
        return ::testing::AssertionSuccess();
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
    return ::testing::AssertionFailure() << "no " << text << " in\n" << page;
  }

  std::string base_;
};

TEST_F(MetricsTest, follow_a_publish_from_behind_to_stale) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace_with_metrics();
  EXPECT_EQ(get("/healthz"), "tracing\n");
  EXPECT_TRUE(comes_to_have("reloadtrace_readers{namespace=\"\"} 1\n"));
  EXPECT_TRUE(comes_to_have("reloadtrace_consistency_ratio 1\n"));
  start("no-watcher");
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_TRUE(comes_to_have("reloadtrace_consistency_ratio 0.5\n"));
  EXPECT_TRUE(comes_to_have("reloadtrace_stale_readers{namespace=\"\"} 1\n"));
  EXPECT_TRUE(comes_to_have("verdict=\"reloaded\",cause=\"\",trigger=\"inotify\"} 1\n"));
  EXPECT_TRUE(comes_to_have("verdict=\"stale\",cause=\"no_watcher\",trigger=\"\"} 1\n"));
  EXPECT_TRUE(comes_to_have("reloadtrace_publishes_total{namespace=\"\",volume_kind="));
  EXPECT_TRUE(comes_to_have("reloadtrace_propagation_seconds_count 1\n"));
  EXPECT_TRUE(comes_to_have("reloadtrace_events_total{event=\"rename\"}"));
  containers_.pop_back();
  EXPECT_TRUE(comes_to_have("reloadtrace_stale_readers{namespace=\"\"} 0\n"));
}

TEST_F(MetricsTest, are_what_promtool_calls_good) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace_with_metrics({"--metrics-per-pod", "--bpf-stats"});
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_TRUE(comes_to_have("verdict=\"reloaded\""));
  EXPECT_TRUE(comes_to_have("reloadtrace_bpf_counted_seconds_total"));
  EXPECT_TRUE(comes_to_have("reloadtrace_bpf_run_seconds_total{program=\"on_syscall"));
  TemporaryDirectory directory;
  write_file(directory.at("page"), get("/metrics"));
  const Completed checked =
      run({{"sh", "-c", "promtool check metrics <\"$1\"", "sh", directory.at("page")}});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.output + checked.errors, "");
}

TEST_F(MetricsTest, are_scraped_by_prometheus) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace_with_metrics();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_TRUE(comes_to_have("verdict=\"reloaded\""));
  TemporaryDirectory directory;
  write_file(directory.at("prometheus.yml"),
             "scrape_configs:\n"
             "  - job_name: reloadtrace\n"
             "    scrape_interval: 200ms\n"
             "    scrape_timeout: 200ms\n"
             "    static_configs:\n"
             "      - targets: ['" +
                 base_.substr(std::string("http://").size()) + "']\n");
  constexpr const char* kPrometheus = "127.0.0.1:19464";
  Process prometheus({{"prometheus", "--config.file=" + directory.at("prometheus.yml"),
                       "--storage.tsdb.path=" + directory.at("data"),
                       std::string("--web.listen-address=") + kPrometheus}});
  ASSERT_TRUE(prometheus.errors().wait_for("Server is ready", seconds(30)));
  const std::string question =
      std::string("http://") + kPrometheus +
      "/api/v1/query?query=reloadtrace_reloads_total%7Bverdict%3D%22reloaded%22%7D";
  Line result;
  for (int i = 0; i < 100 && result.empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    result =
        Line::parse(run_or_throw({{"python3", "-c", kFetch, question}})).at("data").at("result");
  }
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result.at(0).at("value").at(1), "1");
  EXPECT_EQ(result.at(0).at("metric").at("trigger"), "inotify");

  // The dashboard asks for what there is.
  const Line dashboard = Line::parse(read_file(in_project("tools/kubernetes/dashboard.json")));
  for (const Line& panel : dashboard.at("panels")) {
    for (const Line& target : panel.at("targets")) {
      const std::string query = target.at("expr");
      const Line answer =
          Line::parse(run_or_throw({{"python3", "-c", kFetch,
                                     std::string("http://") + kPrometheus + "/api/v1/query?query=" +
                                         percent_encoded(without_variables(query))}}));
      EXPECT_EQ(answer.at("status"), "success") << query << answer;
    }
  }
}

TEST_F(MetricsTest, are_refused_where_the_port_is_in_use) {
  volume_.publish({{"app.yaml", "one"}});
  trace_with_metrics();
  const std::string address = base_.substr(std::string("http://").size());
  const Completed second = run_tracer({"--path", volume_.path(), "--metrics", address});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_EQ(second.errors, "reloadtrace: metrics: listen at " + address +
                               ": Address already in use: end what listens there, or choose "
                               "another port\n");
}

TEST_F(MetricsTest, tell_of_a_main_loop_that_hangs) {
  volume_.publish({{"app.yaml", "one"}});
  // A recording goes into a pipe that nobody reads: once it is full, the loop waits for ever.
  TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo(directory.at("recording").c_str(), 0600), 0);
  const UniqueFd reader(::open(directory.at("recording").c_str(), O_RDWR | O_CLOEXEC));
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--format", "json", "--metrics",
                   "127.0.0.1:0", "--record", directory.at("recording")}});
  ASSERT_TRUE(tracer.errors().wait_for("ready:", seconds(20)));
  base_ = endpoint(tracer.errors().text());
  EXPECT_EQ(get("/healthz"), "tracing\n");
  start("read-storm", {"app.yaml", "--count", "4000000000"});
  std::string health;
  for (int i = 0; i < 200 && health.rfind("503", 0) != 0; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    health = get("/healthz");
  }
  EXPECT_NE(health.find("503 the tracer has shown no sign of life for 1"), std::string::npos)
      << health;
  EXPECT_NE(get("/metrics").find("reloadtrace_events_total"), std::string::npos);
  tracer.signal(SIGKILL);
}

}  // namespace
}  // namespace reloadtrace::testing
