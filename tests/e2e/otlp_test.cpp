// SPDX-License-Identifier: Apache-2.0
// Traces of a real session, judged by OpenTelemetry's own definitions.
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "tests/e2e/story.h"
#include "tests/support/places.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

using OtlpTest = Story;

TEST_F(OtlpTest, are_what_the_protocol_allows_and_the_same_live_and_replayed) {
  volume_.publish({{"app.yaml", "version: 1"}});
  start("directory-watcher");
  start("no-watcher");
  TemporaryDirectory directory;
  const std::string lines = directory.at("lines");
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--deadline", "1", "--format", "otlp",
                   "--output", lines, "--record", directory.at("recording"), "--version-key",
                   "app.yaml", "--count", "4"}});
  ASSERT_TRUE(tracer.errors().wait_for("ready:", seconds(20)));
  for (const char* version : {"version: 2", "version: 3"}) {
    volume_.publish({{"app.yaml", version}});
    std::this_thread::sleep_for(milliseconds(1500));
  }
  EXPECT_EQ(tracer.wait(seconds(10)), 0) << tracer.errors().text();

  const Completed checked = run({{"sh", "-c", "exec \"$1\" <\"$2\"", "sh",
                                  in_project("tests/support/otlp/check_otlp.py"), lines}},
                                seconds(30));
  EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
  const std::string text = read_file(lines);
  for (const char* part : {"config.publish", "config.reload", "no_watcher", "\"3\""}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  const Completed replayed =
      run_tracer({"replay", directory.at("recording"), "--format", "otlp", "--count", "4"});
  EXPECT_EQ(replayed.output, text);
}

}  // namespace
}  // namespace reloadtrace::testing
